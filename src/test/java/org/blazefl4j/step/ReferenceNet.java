package org.blazefl4j.step;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.model.Layer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A declared net without dropout, by LibTorch's operations, in the type of its weights. */
record ReferenceNet(List<Layer> layers) {

    private static final long[] ONE = {1, 1};

    Tensor outputs(Tensor weights, Tensor x) {
        Tensor h = x.toType(weights.scalar_type().intern());
        long from = 0;
        for (Layer layer : layers) {
            if (layer instanceof Layer.Convolution c) {
                List<Tensor> parts = parts(weights, from, c.bias(), c.out(), c.in(), c.kernel(), c.kernel());
                from += numel(parts);
                long[] kernel = {c.kernel(), c.kernel()};
                long[] padding = {c.padding(), c.padding()};
                h = torch.thnn_conv2d(
                        h, parts.get(0), kernel, bias(parts), ONE, padding); // oneDNN's errs for some shapes
            } else if (layer instanceof Layer.Linear l) {
                List<Tensor> parts = parts(weights, from, l.bias(), l.out(), l.in());
                from += numel(parts);
                h = torch.linear(h, parts.get(0), bias(parts));
            } else if (layer instanceof Layer.MaxPool) {
                h = torch.max_pool2d(h, 2, 2);
            } else if (layer instanceof Layer.Relu) {
                h = h.relu();
            } else if (layer instanceof Layer.Flatten) {
                h = h.flatten(1, -1);
            } else {
                throw new IllegalArgumentException(layer.toString());
            }
        }
        return h;
    }

    private static List<Tensor> parts(Tensor weights, long from, boolean bias, long... shape) {
        long numel = 1;
        for (long size : shape) {
            numel *= size;
        }
        List<Tensor> parts = new ArrayList<>();
        parts.add(weights.narrow(0, from, numel).view(shape));
        if (bias) {
            parts.add(weights.narrow(0, from + numel, shape[0]));
        }
        return parts;
    }

    private static TensorOptional bias(List<Tensor> parts) {
        return parts.size() == 1 ? new TensorOptional() : new TensorOptional(parts.get(1));
    }

    private static long numel(List<Tensor> parts) {
        return parts.stream().mapToLong(Tensor::numel).sum();
    }

    Tensor loss(Tensor weights, Tensor x, Tensor y) {
        return torch.cross_entropy(outputs(weights, x), y);
    }

    Tensor gradient(Tensor weights, Tensor x, Tensor y) {
        Tensor leaf = weights.detach().clone().requires_grad_(true);
        loss(leaf, x, y).backward();
        return leaf.grad();
    }

    /** Returns the weights after steps of plain SGD on the same batch. */
    Tensor trained(Tensor weights, Tensor x, Tensor y, int steps, double rate, ScalarType type) {
        Tensor now = weights.toType(type).clone();
        for (int step = 0; step < steps; step++) {
            now = now.sub(gradient(now, x, y), new Scalar(rate)).detach();
        }
        return now;
    }
}
