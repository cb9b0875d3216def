package org.blazefl4j.codec;

/**
 * What stands for a tensor while its package crosses: a place in a segment and how the elements lie there.
 *
 * <p>A handle that arrived is only bytes until its place is checked: {@link #checkGeneration} and {@link #checkWithin}
 * come before an address is made of it.
 *
 * @param segment the segment's id, as the two sides agree on it
 * @param generation which use of the segment the handle belongs to
 * @param offset bytes from the segment's start to the first element
 * @param layout dtype, sizes and strides
 */
public record ShmHandle(long segment, long generation, long offset, TensorLayout layout) {

    /** The bytes that the elements take from {@link #offset()} on. */
    public long bytes() {
        return layout.bytes();
    }

    /**
     * Checks that all elements lie within a segment and are aligned to their size.
     *
     * @param segmentBytes the size of the segment, which starts at an address aligned to 16 bytes or more
     * @throws PackageFormatException if they do not
     */
    public void checkWithin(long segmentBytes) {
        long bytes = bytes();
        if (offset < 0 || bytes > segmentBytes || offset > segmentBytes - bytes) {
            throw new PackageFormatException("handle outside of its segment: segment=" + segment + ", offset=" + offset
                    + ", bytes=" + bytes + ", limit=" + segmentBytes + " bytes");
        }
        if (offset % layout.elementBytes() != 0) {
            throw new PackageFormatException("handle not aligned: segment=" + segment + ", offset=" + offset
                    + ", limit=a multiple of " + layout.elementBytes() + " bytes");
        }
    }

    /**
     * Checks that the handle belongs to the segment's present use.
     *
     * @throws PackageFormatException if it is left from another one
     */
    public void checkGeneration(long expected) {
        if (generation != expected) {
            throw new PackageFormatException(
                    "handle is stale: segment=" + segment + ", generation=" + generation + ", limit=" + expected);
        }
    }
}
