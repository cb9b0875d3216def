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
 * Warns once about results that a caller keeps open from round to round, which fills the memory. The first result of
 * each round represents the others.
 */
final class UnclosedResults {

    private static final Logger LOGGER = System.getLogger(UnclosedResults.class.getName());

    private final long limit;
    private final List<Sample> open = new ArrayList<>();
    private boolean warned;

    /** The results of a round, represented by the largest tensor of the first one. */
    private record Sample(WeakReference<Tensor> largest, int results, long bytes) {

        boolean isOpen() {
            Tensor tensor = largest.get();
            return tensor != null && !tensor.isNull();
        }
    }

    /** Creates a warning for more open bytes than a limit. */
    UnclosedResults(long limit) {
        this.limit = limit;
    }

    /** Checks the results of earlier rounds, before a round. */
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

    /** Wraps the sink of a round with some number of results. */
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
