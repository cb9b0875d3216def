package org.blazefl4j.example;

import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.model.Dropout;
import org.blazefl4j.model.Model;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Tensor;

/** A model of one's own and the selector that makes it in every worker. */
final class OwnModel {

    private OwnModel() {}

    // begin docs/guide.md
    static final class Net extends Model {

        private final Conv2dImpl conv = conv2d("conv", 1, 8, 3);
        private final Dropout dropout = dropout("dropout", 0.5);
        private final LinearImpl fc = linear("fc", 8 * 26 * 26, 10);

        @Override
        public Tensor forward(Tensor x) {
            return fc.forward(dropout.forward(conv.forward(x).relu_().flatten(1, -1)));
        }
    }

    enum Name {
        NET
    }

    record Nets(long seed) implements ModelSelector<Name> {

        @Override
        public Model selectModel(Name name) {
            return DefaultGenerator.seeded(seed, Net::new);
        }
    }
    // end docs/guide.md
}
