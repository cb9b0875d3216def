package org.blazefl4j.torch;

import org.blazefl4j.model.Model;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Tensor;

/** A net with every kind of state: parameters, and running statistics and a counter between them. */
final class SmallNet extends Model {

    /** Offsets in the flat vector. */
    static final int CONV = 0;

    static final int NORM_WEIGHT = 54;
    static final int RUNNING_MEAN = 60;
    static final int RUNNING_VAR = 63;
    static final int COUNTER = 66;
    static final int FC = 67;
    static final int NUMEL = 67 + 4 * 27 + 4;

    private final Conv2dImpl conv = conv2d("conv", 2, 3, 3, 1, 0, false);
    private final BatchNorm2dImpl norm = batchNorm2d("norm", 3);
    private final LinearImpl fc = linear("fc", 27, 4);

    /** Input [n, 2, 5, 5], output [n, 4]. */
    @Override
    public Tensor forward(Tensor x) {
        return fc.forward(norm.forward(conv.forward(x)).relu().flatten(1, -1));
    }

    static SmallNet seeded(long seed) {
        return DefaultGenerator.seeded(seed, SmallNet::new);
    }
}
