package org.blazefl4j.model;

import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Tensor;

/** The declared models for square images, written as code. */
final class HandWritten {

    private HandWritten() {}

    static Model create(ModelName name, int channels, int size, int classes) {
        return switch (name) {
            case CNN -> new TwoConvolutions(channels, 6, 16, 0, 0, ((size - 4) / 2 - 4) / 2, 120, 84, classes);
            case MCMAHAN -> new TwoConvolutions(channels, 32, 64, 2, 2, size / 2 / 2, 512, classes);
            case LENET -> new TwoConvolutions(channels, 6, 16, 2, 0, (size / 2 - 4) / 2, 120, 84, classes);
            case MLP -> new Perceptron(channels * size * size, classes);
            case LOGISTIC -> new Regression(channels * size * size, classes);
            default -> throw new IllegalArgumentException("not declared: model=" + name);
        };
    }

    /** Two 5×5 convolutions, then linear layers of such widths, the last one that of the classes. */
    private static final class TwoConvolutions extends Model {
        private final Conv2dImpl conv1;
        private final Conv2dImpl conv2;
        private final MaxPool pool = maxPool2d("pool", 2, 2, 0);
        private final LinearImpl[] fc;

        TwoConvolutions(int channels, int first, int second, int padding1, int padding2, int side, int... widths) {
            conv1 = conv2d("conv1", channels, first, 5, 1, padding1, true);
            conv2 = conv2d("conv2", first, second, 5, 1, padding2, true);
            fc = new LinearImpl[widths.length];
            long inputs = (long) second * side * side;
            for (int i = 0; i < widths.length; i++) {
                fc[i] = linear("fc" + (i + 1), inputs, widths[i]);
                inputs = widths[i];
            }
        }

        @Override
        public Tensor forward(Tensor x) {
            Tensor h = pool.forward(conv1.forward(x)).relu();
            h = pool.forward(conv2.forward(h)).relu().flatten(1, -1);
            for (int i = 0; i < fc.length - 1; i++) {
                h = fc[i].forward(h).relu_();
            }
            return fc[fc.length - 1].forward(h);
        }
    }

    private static final class Perceptron extends Model {
        private final LinearImpl fc1;
        private final LinearImpl fc2;
        private final LinearImpl fc3;

        Perceptron(int inputs, int classes) {
            fc1 = linear("fc1", inputs, 200);
            fc2 = linear("fc2", 200, 200);
            fc3 = linear("fc3", 200, classes);
        }

        @Override
        public Tensor forward(Tensor x) {
            return fc3.forward(
                    fc2.forward(fc1.forward(x.flatten(1, -1)).relu_()).relu_());
        }
    }

    private static final class Regression extends Model {
        private final LinearImpl fc;

        Regression(int inputs, int classes) {
            fc = linear("fc", inputs, classes);
        }

        @Override
        public Tensor forward(Tensor x) {
            return fc.forward(x.flatten(1, -1));
        }
    }
}
