package org.blazefl4j.contrib.common;

import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.model.Dropout;
import org.blazefl4j.model.Model;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Tensor;

/** User-defined models for images of 1×4×4 pixels in 3 classes. */
public enum Tiny {
    /** 16 inputs, 3 outputs. */
    LINEAR,
    /** Has batch normalisation, so buffers and a counter, and dropout; its features are the last layer's inputs. */
    CONVOLUTION;

    /** The number of outputs. */
    public static final int CLASSES = 3;

    /** Creates the models. */
    public record Selector(long seed) implements ModelSelector<Tiny> {
        @Override
        public Model selectModel(Tiny name) {
            return DefaultGenerator.seeded(seed, name == LINEAR ? Linear::new : Convolution::new);
        }
    }

    private static final class Linear extends Model {
        private final LinearImpl fc = linear("fc", 16, CLASSES);

        @Override
        public Tensor forward(Tensor x) {
            return fc.forward(x.flatten(1, -1));
        }
    }

    private static final class Convolution extends Model implements Model.Split {
        private final Conv2dImpl conv = conv2d("conv", 1, 2, 3);
        private final BatchNorm2dImpl norm = batchNorm2d("norm", 2);
        private final Dropout dropout = dropout("dropout", 0.5);
        private final LinearImpl fc = linear("fc", 8, CLASSES);

        @Override
        public Tensor forward(Tensor x) {
            return head(features(x));
        }

        @Override
        public Tensor features(Tensor x) {
            return norm.forward(conv.forward(x)).relu().flatten(1, -1);
        }

        @Override
        public Tensor head(Tensor features) {
            return fc.forward(dropout.forward(features));
        }
    }
}
