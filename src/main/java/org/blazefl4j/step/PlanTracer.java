package org.blazefl4j.step;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.blazefl4j.model.Layer;

/**
 * Follows a sample through declared layers. Covered are convolutions, each followed by ReLU and max pooling or not;
 * then flatten; then linear layers, at least one, each followed by ReLU or not; and dropout after any of these.
 */
final class PlanTracer {

    /** The kinds of layers in {@code blazefl4j.h}. */
    private static final long CONVOLUTION = 1;

    private static final long RELU = 2;
    private static final long MAX_POOL = 3;
    private static final long FLATTEN = 4;
    private static final long LINEAR = 5;
    private static final long DROPOUT = 6;

    private static final long LARGEST_KERNEL = 11;

    private final long[] sample;
    private final LongStream.Builder numbers = LongStream.builder();
    private long channels;
    private long height;
    private long width;
    private boolean flat;
    /** What the present stage, which a convolution or a linear layer has begun, has had. */
    private boolean begun;

    private boolean pooled;
    private boolean dropped;
    private boolean rectified;
    private boolean linear;
    private long parameters;
    private long widest;
    private boolean drops;

    /** Begins with a sample; one that is no image is a row. */
    PlanTracer(long[] shape) {
        boolean image = shape.length == 3;
        sample = image ? shape.clone() : new long[] {Arrays.stream(shape).reduce(1, Math::multiplyExact), 1, 1};
        channels = sample[0];
        height = sample[1];
        width = sample[2];
        flat = shape.length == 1;
    }

    /** Adds a layer. Returns what it should have been, if it is not covered; otherwise nothing. */
    String add(Layer layer) {
        if (layer instanceof Layer.Convolution convolution) {
            return add(convolution);
        } else if (layer instanceof Layer.Linear product) {
            return add(product);
        } else if (layer instanceof Layer.Relu) {
            return addRelu();
        } else if (layer instanceof Layer.MaxPool) {
            return addPool();
        } else if (layer instanceof Layer.Dropout dropout) {
            return add(dropout);
        } else {
            flat = true; // told to the native library before the first linear layer
            return "";
        }
    }

    private String add(Layer.Convolution layer) {
        long taller = height + 2 * layer.padding() - layer.kernel() + 1;
        long wider = width + 2 * layer.padding() - layer.kernel() + 1;
        if (flat) {
            return "convolutions before flatten, of samples of shape [channels, height, width]";
        } else if (layer.in() != channels || taller < 1 || wider < 1) {
            return "one that takes " + shape();
        } else if (layer.kernel() > LARGEST_KERNEL || layer.padding() >= layer.kernel()) {
            return "kernel=1 to " + LARGEST_KERNEL + ", padding below it";
        }
        begin();
        widest = Math.max(widest, channels);
        channels = layer.out();
        height = taller;
        width = wider;
        count(layer.in() * layer.kernel() * layer.kernel(), layer.out(), layer.bias());
        return put(CONVOLUTION, layer.in(), layer.out(), layer.kernel(), layer.padding(), layer.bias() ? 1 : 0);
    }

    private String add(Layer.Linear layer) {
        if (!flat) {
            return "flatten before it";
        } else if (layer.in() != channels * height * width) {
            return "one that takes " + shape();
        }
        if (!linear) {
            put(FLATTEN, 0, 0, 0, 0, 0);
        }
        begin();
        linear = true;
        channels = layer.out();
        height = 1;
        width = 1;
        count(layer.in(), layer.out(), layer.bias());
        return put(LINEAR, layer.in(), layer.out(), 0, 0, layer.bias() ? 1 : 0);
    }

    private String addRelu() {
        if (!begun || dropped) {
            return "ReLU after a convolution or a linear layer, before its dropout";
        }
        rectified = true;
        return put(RELU, 0, 0, 0, 0, 0);
    }

    private String addPool() {
        if (!begun || linear || flat || pooled || dropped || height < 2 || width < 2) {
            return "at most one max pooling after a convolution, before its dropout, of 2x2 pixels or more";
        }
        pooled = true;
        height /= 2;
        width /= 2;
        return put(MAX_POOL, 0, 0, 0, 0, 0);
    }

    private String add(Layer.Dropout layer) {
        if (layer.probability() == 0) {
            return "";
        } else if (!begun || dropped) {
            return "at most one dropout after a convolution or a linear layer";
        }
        dropped = true;
        drops = true;
        return put(DROPOUT, Double.doubleToRawLongBits(layer.probability()), 0, 0, 0, 0);
    }

    /** Returns the plan, which ends with a linear layer. */
    StepPlan end() {
        if (linear && rectified) {
            return StepPlan.refused("the last linear layer has ReLU, expected=outputs of any sign");
        }
        return linear
                ? new StepPlan(numbers.build().toArray(), sample, parameters, channels, widest, drops, "")
                : StepPlan.refused("the net has no linear layer, expected=one that gives a number for each class");
    }

    private void begin() {
        begun = true;
        pooled = false;
        dropped = false;
        rectified = false;
    }

    private void count(long weights, long outputs, boolean bias) {
        parameters += (weights + (bias ? 1 : 0)) * outputs;
    }

    private String put(long... layer) {
        Arrays.stream(layer).forEach(numbers);
        return "";
    }

    private String shape() {
        return "samples of shape " + Arrays.toString(new long[] {channels, height, width});
    }
}
