package org.blazefl4j.step;

import java.util.Objects;
import java.util.stream.LongStream;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.Dataset;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Samples that the native engine reads where they are, in an order, and the random numbers of dropout. Belongs to the
 * pointer scope of its making, as do the tensors that it makes.
 *
 * @param x float32, contiguous, shape [m, ...], on the CPU
 * @param y int64, contiguous, shape [m]
 * @param order the rows
 * @param seed of dropout
 * @param step the number of the first step, from 0: dropout draws others for each
 */
public record StepSamples(Tensor x, Tensor y, long[] order, long seed, long step) {

    /** Returns the samples of a data set at some positions. */
    public static StepSamples of(Dataset.Rows rows, long[] positions) {
        return new StepSamples(rows.x(), rows.y(), rows.at(positions), 0, 0);
    }

    /** Returns the samples of a batch whose labels are the numbers of classes. */
    public static StepSamples of(Batch batch) {
        Tensor labels = Objects.requireNonNull(batch.y(), "labels");
        long[] order = LongStream.range(0, batch.x().size(0)).toArray();
        return new StepSamples(
                batch.x().contiguous(), labels.toType(ScalarType.Long).contiguous(), order, 0, 0);
    }

    /** Returns these samples with the random numbers of a step. */
    public StepSamples drawing(long seed, long step) {
        return new StepSamples(x, y, order, seed, step);
    }

    /** Returns {@code BFL_SAMPLES_NUMBERS} numbers. */
    long[] numbers() {
        return new long[] {address(x), x.size(0), address(y), order.length, seed, step};
    }

    static long address(Tensor tensor) {
        try (Pointer data = tensor.data_ptr()) {
            return data.address();
        }
    }
}
