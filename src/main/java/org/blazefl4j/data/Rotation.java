package org.blazefl4j.data;

import java.util.Set;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** {@link FeatureSkew#rotation}. */
record Rotation(double degrees, int groups) implements FeatureSkew {

    private static final double FULL_TURN = 360;
    private static final double QUARTER_TURN = 90;
    private static final Set<ScalarType> TYPES = Set.of(ScalarType.Byte, ScalarType.Float);

    Rotation {
        Arguments.require(
                Double.isFinite(degrees) && groups >= 1,
                "rotation: degrees=" + degrees + ", groups=" + groups
                        + ", limit=a finite angle, and 1 group or more; change them");
    }

    @Override
    public Tensor change(Tensor samples, int client, int clients, long seed) {
        requireImages(samples);
        double turned = degrees * (client % groups);
        double angle = turned - FULL_TURN * Math.floor(turned / FULL_TURN);
        if (angle == 0) {
            return samples;
        }
        try (PointerScope scope = new PointerScope()) {
            boolean exact = angle % QUARTER_TURN == 0;
            Tensor rotated = exact ? turned(samples, (int) (angle / QUARTER_TURN)) : interpolated(samples, angle);
            return rotated.retainReference();
        }
    }

    private static void requireImages(Tensor samples) {
        Arguments.require(
                samples.dim() == 4
                        && samples.size(2) > 1
                        && samples.size(3) > 1
                        && TYPES.contains(Tensors.type(samples)),
                () -> "rotation of samples that are no images: samples=" + Tensors.describe(samples)
                        + ", expected=uint8 or float32 [n, channels, height, width] of several rows; leave out the"
                        + " rotation");
    }

    private static Tensor turned(Tensor images, int quarters) {
        Arguments.require(
                quarters == 2 || images.size(2) == images.size(3),
                () -> "quarter turn of images that are no squares: height=" + images.size(2) + ", width="
                        + images.size(3) + ", expected=equal height and width, or half turns; change degrees");
        return images.rot90(quarters, 2, 3).contiguous();
    }

    /**
     * Sums the four pixels around the place that each pixel comes from, by their weights: row by row of a matrix of
     * pixels times planes, which LibTorch copies fastest.
     */
    private static Tensor interpolated(Tensor images, double angle) {
        int height = (int) images.size(2);
        int width = (int) images.size(3);
        double cos = StrictMath.cos(StrictMath.toRadians(angle));
        double sin = StrictMath.sin(StrictMath.toRadians(angle));
        Tensor pixels =
                images.flatten(2, 3).flatten(0, 1).t().toType(ScalarType.Float).contiguous();
        Tensor sum = torch.zeros_like(pixels);
        for (int corner = 0; corner < 4; corner++) {
            long[] source = new long[height * width];
            float[] weight = new float[height * width];
            for (int at = 0; at < weight.length; at++) {
                double down = at / width - (height - 1) / 2.0;
                double right = at % width - (width - 1) / 2.0;
                double row = right * sin + down * cos + (height - 1) / 2.0;
                double column = right * cos - down * sin + (width - 1) / 2.0;
                int nearRow = (int) Math.floor(row) + corner / 2;
                int nearColumn = (int) Math.floor(column) + corner % 2;
                if (nearRow >= 0 && nearRow < height && nearColumn >= 0 && nearColumn < width) {
                    source[at] = (long) nearRow * width + nearColumn;
                    weight[at] = (float) ((1 - Math.abs(row - nearRow)) * (1 - Math.abs(column - nearColumn)));
                }
            }
            sum.add_(pixels.index_select(0, Tensors.of(source)).mul_(Tensors.of(weight, weight.length, 1)));
        }
        Tensor rotated = sum.t().contiguous().view(images.shape());
        return Tensors.type(images) == ScalarType.Byte ? rotated.round_().toType(ScalarType.Byte) : rotated;
    }
}
