package org.blazefl4j.contrib.common;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.blazefl4j.binding.Native;

/**
 * The exact sum of weighted float vectors, in native memory: 16 bytes an element. It loses nothing, so neither the
 * order nor the grouping of what is added changes a bit. {@code native/src/exact_block.h} says how, and proves it.
 *
 * <p>Takes addresses of vectors of as many elements. Used by one thread at a time; works with several.
 */
final class ExactSum implements AutoCloseable {

    /** Ranges of elements that threads work on begin at its multiples; {@code BFL_EXACT_SUM_BLOCK}. */
    static final long BLOCK = 512;

    private static final long STEP = 16 * BLOCK;
    private static final int ENOMEM = 12;
    private static final int EDOM = 33;

    private final long elements;
    private final ParallelRanges ranges;
    /** 0 when closed: then native code refuses all calls. */
    private long address;

    /** Makes an empty sum. */
    ExactSum(long elements, int threads) {
        this.elements = elements;
        this.ranges = new ParallelRanges(threads);
        this.address = Native.exactSumCreate(elements);
        if (address < 0) {
            throw new OutOfMemoryError("no memory for a sum: elements=" + elements + ", bytes=" + 16 * elements);
        }
    }

    /** Adds float vectors times their weights, which lie between 2<sup>-64</sup> and 2<sup>63</sup>. */
    void fold(long[] vectors, double[] weights, int count) {
        if (address == 0) {
            throw new IllegalStateException("sum is closed; make a new one");
        }
        ranges.run(elements, count + 4L, (from, to) -> {
            int result = Native.exactSumFold(address, vectors, weights, count, from, to);
            if (result < 0 && result != -ENOMEM) {
                throw new IllegalArgumentException("misaligned vectors: addresses="
                        + Arrays.toString(Arrays.copyOf(vectors, count))
                        + ", expected=multiples of the element size; send tensors that LibTorch made");
            }
            check(result);
        });
    }

    /** Adds another sum of as many elements, which stays as it is. */
    void add(ExactSum other) {
        ranges.run(elements, 8, (from, to) -> check(Native.exactSumMerge(address, other.address, from, to)));
    }

    /**
     * Adds doubles.
     *
     * @return false, and this sum is undefined until it is cleared, if they are not {@linkplain #part parts} of a sum
     */
    boolean add(long doubles) {
        AtomicBoolean refused = new AtomicBoolean();
        ranges.run(
                elements,
                6,
                (from, to) -> inSteps(from, to, (start, end) -> {
                    int result = Native.exactSumAdd(address, doubles, start, end);
                    if (result == -EDOM) {
                        refused.set(true);
                    } else {
                        check(result);
                    }
                }));
        return !refused.get();
    }

    /** Writes the floats {@code sum / divisor}: the sum's nearest doubles divided, and rounded to floats. */
    void divide(long floats, double divisor) {
        ranges.run(elements, 5, (from, to) -> check(Native.exactSumDivide(address, floats, divisor, from, to)));
    }

    /**
     * Writes the doubles nearest to the sum as part 0, those nearest to what is left of it as part 1, and so on. The
     * parts add up to the sum exactly.
     *
     * @param doubles where to write them; 0 to write nothing
     * @return whether any of them is not zero
     */
    boolean part(int number, long doubles) {
        AtomicBoolean any = new AtomicBoolean();
        ranges.run(elements, 6, (from, to) -> {
            if (check(Native.exactSumPart(address, number, doubles, from, to)) > 0) {
                any.set(true);
            }
        });
        return any.get();
    }

    /**
     * Writes the parts 0 and 1, as {@link #part}, in one pass over the sum.
     *
     * @return how many of them are not zeros
     */
    int firstParts(long doubles, long more) {
        AtomicBoolean any = new AtomicBoolean();
        AtomicBoolean anyMore = new AtomicBoolean();
        ranges.run(
                elements,
                8,
                (from, to) -> inSteps(from, to, (start, end) -> {
                    if (check(Native.exactSumPart(address, 0, doubles, start, end)) > 0) {
                        any.set(true);
                    }
                    if (check(Native.exactSumPart(address, 1, more, start, end)) > 0) {
                        anyMore.set(true);
                    }
                }));
        return anyMore.get() ? 2 : any.get() ? 1 : 0;
    }

    /** Works on ranges one after another that fit into the second-level cache, for work that reads them twice. */
    private static void inSteps(long from, long to, ParallelRanges.Work work) {
        for (long start = from; start < to; start += STEP) {
            work.on(start, Math.min(start + STEP, to));
        }
    }

    private static int check(int result) {
        if (result == -ENOMEM) {
            throw new OutOfMemoryError("no memory for a sum of numbers of very different magnitudes;"
                    + " keep results that are not finite out of it (onNonFinite), or give the process more memory");
        }
        if (result < 0) {
            throw new IllegalStateException("sum is unusable: error=" + Native.errorText(-result));
        }
        return result;
    }

    /** Empties the sum. */
    void clear() {
        check(Native.exactSumClear(address));
    }

    @Override
    public void close() {
        ranges.close();
        if (address != 0) {
            Native.exactSumFree(address);
            address = 0;
        }
    }
}
