package org.blazefl4j.trainer;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.blazefl4j.codec.TensorWalk;
import org.bytedeco.pytorch.Tensor;

/**
 * Warns once of results that a caller keeps open from round to round, which fills the memory. Of each round the first
 * one is looked at, and stands for all of them.
 */
final class UnclosedResults {

    private static final Logger LOGGER = System.getLogger(UnclosedResults.class.getName());

    private final long limit;
    private final List<Sample> open = new ArrayList<>();
    private boolean warned;

    /** A round's results, by the largest tensor of the first one. */
    private record Sample(WeakReference<Tensor> largest, int results, long bytes) {

        boolean isOpen() {
            Tensor tensor = largest.get();
            return tensor != null && !tensor.isNull();
        }
    }

    /**
     * None so far.
     *
     * @param limit how many bytes may be open
     */
    UnclosedResults(long limit) {
        this.limit = limit;
    }

    /** Before a round: what earlier ones have handed over. */
    void look() {
        open.removeIf(sample -> !sample.isOpen());
        long bytes = open.stream().mapToLong(Sample::bytes).sum();
        if (bytes >= limit && !warned) {
            warned = true;
            LOGGER.log(
                    Level.WARNING,
                    "results of earlier rounds are not closed: results={0}, bytes={1}, limit={2}; close each when it was"
                            + " used (try-with-resources), best one at a time in a sink, localProcess(payload, cids, sink)",
                    open.stream().mapToInt(Sample::results).sum(),
                    Long.toString(bytes),
                    Long.toString(limit));
        }
    }

    /** The same sink, for a round of so many results. */
    <U> Consumer<List<U>> watching(int results, Consumer<? super List<U>> sink) {
        if (warned) {
            return sink::accept;
        }
        boolean[] sampled = new boolean[1];
        return batch -> {
            if (!sampled[0]) {
                sampled[0] = true;
                sample(batch.get(0), results);
            }
            sink.accept(batch);
        };
    }

    private void sample(Object result, int results) {
        List<Tensor> tensors = TensorWalk.tensors(result).stream()
                .map(TensorWalk.Found::tensor)
                .filter(tensor -> !tensor.isNull() && tensor.defined())
                .toList();
        Optional<Tensor> largest = tensors.stream().max(Comparator.comparingLong(Tensor::nbytes));
        long bytes = tensors.stream().mapToLong(Tensor::nbytes).sum();
        largest.ifPresent(tensor -> open.add(new Sample(new WeakReference<>(tensor), results, results * bytes)));
    }
}
