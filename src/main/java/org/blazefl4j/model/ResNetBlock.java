package org.blazefl4j.model;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.GroupNormImpl;
import org.bytedeco.pytorch.GroupNormOptions;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** A residual block: convolutions with normalisation, added to the input or to its projection. */
final class ResNetBlock extends Model {

    /** The two forms of the block. */
    enum Kind {
        /** Two 3×3 convolutions. */
        BASIC(1, new int[] {3, 3}, 0),
        /** 1×1, 3×3, 1×1; the stride is on the 3×3. */
        BOTTLENECK(4, new int[] {1, 3, 1}, 1);

        private final int expansion;
        private final int[] kernels;
        private final int strided;

        Kind(int expansion, int[] kernels, int strided) {
            this.expansion = expansion;
            this.kernels = kernels;
            this.strided = strided;
        }

        /** The ratio of output channels to the block's width. */
        int expansion() {
            return expansion;
        }
    }

    /** How channels are normalised. */
    enum Norm {
        BATCH {
            @Override
            UnaryOperator<Tensor> add(String name, int channels, Model to) {
                return to.batchNorm2d(name, channels)::forward;
            }
        },
        /** In two groups, by themselves for each image, so that batches do not matter. */
        GROUP {
            @Override
            UnaryOperator<Tensor> add(String name, int channels, Model to) {
                try (GroupNormOptions options = new GroupNormOptions(2, channels)) {
                    return to.register(name, new GroupNormImpl(options))::forward;
                }
            }
        };

        /** Adds a layer to a model; returns its forward method. */
        abstract UnaryOperator<Tensor> add(String name, int channels, Model to);
    }

    /** Brings a block's input to the shape of its output: a strided 1×1 convolution, normalised. */
    private static final class Projection extends Model {

        private final Convolution conv;
        private final UnaryOperator<Tensor> norm;

        Projection(Norm kind, int in, int out, int stride) {
            conv = new Convolution(conv2d("0", in, out, 1, stride, 0, false), 1, stride, 0);
            norm = kind.add("1", out, this);
        }

        @Override
        public Tensor forward(Tensor x) {
            return norm.apply(conv.forward(x));
        }
    }

    private final Convolution[] convs;
    private final List<UnaryOperator<Tensor>> norms = new ArrayList<>();
    private final @Nullable Projection downsample;

    ResNetBlock(Kind kind, Norm norm, int in, int width, int stride) {
        int out = width * kind.expansion;
        int last = kind.kernels.length - 1;
        convs = new Convolution[last + 1];
        // Created first and registered last, as in torchvision: creation decides the draws, registration the names.
        downsample = stride == 1 && in == out ? null : new Projection(norm, in, out, stride);
        int channels = in;
        for (int i = 0; i <= last; i++) {
            int next = i == last ? out : width;
            int kernel = kind.kernels[i];
            int step = i == kind.strided ? stride : 1;
            convs[i] = new Convolution(
                    conv2d("conv" + (i + 1), channels, next, kernel, step, kernel / 2, false),
                    kernel,
                    step,
                    kernel / 2);
            norms.add(norm.add("bn" + (i + 1), next, this));
            channels = next;
        }
        if (downsample != null) {
            register("downsample", downsample);
        }
    }

    @Override
    public Tensor forward(Tensor x) {
        Tensor h = x;
        int last = convs.length - 1;
        for (int i = 0; i <= last; i++) {
            h = norms.get(i).apply(convs[i].forward(h));
            if (i < last) {
                h.relu_();
            }
        }
        return h.add_(downsample == null ? x : downsample.forward(x)).relu_();
    }
}
