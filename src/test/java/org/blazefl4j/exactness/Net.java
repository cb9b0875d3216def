package org.blazefl4j.exactness;

import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.model.Dropout;
import org.blazefl4j.model.MaxPool;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Tensor;

/** Models for {@link Images}. */
enum Net {
    /** With batch normalisation and dropout. */
    CNN(3),
    RESNET18(2),
    MLP(3);

    private final int rounds;

    Net(int rounds) {
        this.rounds = rounds;
    }

    /** Returns the number of rounds, fewer for a slow model. */
    int rounds() {
        return rounds;
    }

    private Model create() {
        return switch (this) {
            case CNN -> new Cnn();
            case RESNET18 -> ModelName.RESNET18.create(1, Images.SIZE, Images.SIZE, Images.CLASSES);
            case MLP -> ModelName.MLP.create(1, Images.SIZE, Images.SIZE, Images.CLASSES);
        };
    }

    /** Makes the models from a seed. */
    record Selector(long seed) implements ModelSelector<Net> {
        @Override
        public Model selectModel(Net name) {
            return DefaultGenerator.seeded(seed, name::create);
        }
    }

    private static final class Cnn extends Model {
        private final Conv2dImpl conv1 = conv2d("conv1", 1, 6, 5);
        private final BatchNorm2dImpl norm = batchNorm2d("norm", 6);
        private final MaxPool pool = maxPool2d("pool", 2, 2, 0);
        private final Conv2dImpl conv2 = conv2d("conv2", 6, 16, 3);
        private final Dropout dropout = dropout("dropout", 0.5);
        private final LinearImpl fc = linear("fc", 64, Images.CLASSES);

        @Override
        public Tensor forward(Tensor x) {
            Tensor h = pool.forward(norm.forward(conv1.forward(x)).relu());
            h = pool.forward(conv2.forward(h).relu());
            return fc.forward(dropout.forward(h.flatten(1, -1)));
        }
    }
}
