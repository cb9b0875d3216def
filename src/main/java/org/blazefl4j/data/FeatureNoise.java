package org.blazefl4j.data;

import org.blazefl4j.reproducibility.RandomStreams;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** {@link FeatureSkew#noise}. */
record FeatureNoise(double sigma) implements FeatureSkew {

    FeatureNoise {
        Arguments.requireNotNegative("noise", "sigma", sigma);
    }

    @Override
    public Tensor change(Tensor samples, int client, int clients, long seed) {
        ScalarType type = Tensors.type(samples);
        Arguments.require(
                type == ScalarType.Byte || type == ScalarType.Float,
                () -> "noise for samples that are no numbers: samples=" + Tensors.describe(samples)
                        + ", expected=uint8 or float32; leave out the noise");
        double deviation = Math.sqrt(sigma * (client + 1) / clients);
        try (PointerScope scope = new PointerScope();
                Generator generator = RandomStreams.generator(seed, client, 0, "feature-noise")) {
            Tensor noise = torch.randn(samples.shape(), new GeneratorOptional(generator));
            Scalar scale = new Scalar(type == ScalarType.Byte ? Normalize.LARGEST_BYTE * deviation : deviation);
            return noise.mul_(scale).add_(samples).retainReference();
        }
    }
}
