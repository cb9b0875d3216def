package org.blazefl4j.codec;

/**
 * Stands for a tensor while its package crosses: a place in a segment and the layout of the elements there.
 *
 * <p>Do not trust a handle that arrived: call {@link #checkGeneration} and {@link #checkWithin} before turning it into
 * an address.
 *
 * @param segment the segment's id, as agreed by both sides
 * @param generation which use of the segment the handle belongs to
 * @param offset bytes from the segment's start to the first element
 * @param layout dtype, sizes and strides
 */
public record ShmHandle(long segment, long generation, long offset, TensorLayout layout) {

    /** Returns the bytes of the elements, starting at {@link #offset()}. */
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
                    + ", expected=a multiple of " + layout.elementBytes() + " bytes");
        }
    }

    /**
     * Checks that the handle belongs to the current use of the segment.
     *
     * @throws PackageFormatException if it belongs to another use
     */
    public void checkGeneration(long expected) {
        if (generation != expected) {
            throw new PackageFormatException(
                    "handle is stale: segment=" + segment + ", generation=" + generation + ", expected=" + expected);
        }
    }
}
