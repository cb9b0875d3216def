package org.blazefl4j.torch;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Some of the tensors in a module's flat vector, as ranges of elements, such as a personal head or BatchNorm's buffers.
 * Vectors are those of {@link FlatParameters}, on any device.
 */
public final class FlatRanges {

    /** The elements {@code from} to {@code from + numel - 1}. */
    record Range(long from, long numel) {

        long end() {
            return from + numel;
        }

        Tensor of(Tensor flat) {
            return flat.narrow(0, from, numel);
        }
    }

    /** No elements. */
    public static final FlatRanges NONE = new FlatRanges(List.of());

    private final List<Range> ranges = new ArrayList<>();

    /** Joins neighbours, so that one copy moves all of them. */
    FlatRanges(List<StateEntry> entries) {
        entries.forEach(entry -> append(new Range(entry.offset(), entry.numel())));
    }

    /** Returns these elements and those of another selection. */
    public FlatRanges and(FlatRanges others) {
        FlatRanges joined = new FlatRanges(List.of());
        Stream.concat(ranges.stream(), others.ranges.stream())
                .sorted(Comparator.comparingLong(Range::from))
                .forEach(joined::append);
        return joined;
    }

    /** Adds a range that begins no earlier than the last one, which it lengthens if they touch. */
    private void append(Range range) {
        Range last = ranges.isEmpty() ? new Range(-1, 0) : ranges.get(ranges.size() - 1);
        if (range.from() > last.end()) {
            ranges.add(range);
        } else {
            ranges.set(ranges.size() - 1, new Range(last.from(), Math.max(last.end(), range.end()) - last.from()));
        }
    }

    /** Returns the first element of each range and the one after its last, ascending. */
    public long[] bounds() {
        long[] bounds = new long[2 * ranges.size()];
        for (int i = 0; i < ranges.size(); i++) {
            bounds[2 * i] = ranges.get(i).from();
            bounds[2 * i + 1] = ranges.get(i).end();
        }
        return bounds;
    }

    /** Returns the ranges in ascending order; no two touch. */
    List<Range> ranges() {
        return ranges;
    }

    /** Returns whether there is no element. */
    public boolean isEmpty() {
        return ranges.isEmpty();
    }

    /** Returns the number of elements. */
    public long numel() {
        return ranges.stream().mapToLong(Range::numel).sum();
    }

    /** Zeroes these elements of a vector. */
    public void zero(Tensor flat) {
        forEach(range -> range.of(flat).zero_());
    }

    /** Copies these elements of one vector to another. */
    public void copy(Tensor from, Tensor to) {
        forEach(range -> range.of(to).copy_(range.of(from)));
    }

    /** Returns a copy of these elements alone, shape [{@link #numel()}]; the caller owns it. */
    public Tensor gather(Tensor flat) {
        try (PointerScope scope = new PointerScope()) {
            TensorVector parts = new TensorVector();
            forEach(range -> parts.push_back(range.of(flat)));
            Tensor gathered = parts.empty() ? torch.empty(0) : torch.cat(parts, 0);
            return gathered.retainReference();
        }
    }

    /**
     * Copies what {@link #gather} returned to these elements of a vector.
     *
     * @throws IllegalArgumentException if it has another length
     */
    public void scatter(Tensor gathered, Tensor flat) {
        if (gathered.dim() != 1 || gathered.numel() != numel()) {
            throw new IllegalArgumentException("elements of another model: numel=" + gathered.numel() + ", expected="
                    + numel() + "; use the model and the names of before");
        }
        long[] at = {0};
        forEach(range -> {
            range.of(flat).copy_(gathered.narrow(0, at[0], range.numel()));
            at[0] += range.numel();
        });
    }

    private void forEach(Consumer<Range> action) {
        if (ranges.isEmpty()) {
            return;
        }
        try (NoGradGuard guard = new NoGradGuard();
                PointerScope scope = new PointerScope()) {
            ranges.forEach(action);
        }
    }
}
