package org.blazefl4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class FashionMnistTest {

    @Test
    void shouldHoldAsManyImagesOfEachClassInTheJar() {
        try (ImageData data = ImageData.fashionMnist()) {
            assertThat(data.name()).isEqualTo("fashion-mnist");
            assertThat(data.classes()).isEqualTo(10);
            assertThat(data.trainImages().shape()).containsExactly(10_000, 1, 28, 28);
            assertThat(data.testImages().shape()).containsExactly(2_000, 1, 28, 28);
            assertThat(data.trainImages().scalar_type().intern()).isEqualTo(ScalarType.Byte);
            assertThat(perClass(data.trainLabels())).containsOnly(1_000).hasSize(10);
            assertThat(perClass(data.testLabels())).containsOnly(200).hasSize(10);
        }
    }

    private static long[] perClass(Tensor labels) {
        try (Tensor counts = labels.bincount()) {
            return Samples.toArray(counts);
        }
    }

    @Test
    void shouldNormaliseToMeanZeroAndDeviationOne() {
        try (ImageData data = ImageData.fashionMnist();
                ImageData normalised = data.normalised();
                Batch batch = new DataLoader(data.train()).iterator().next();
                Tensor mean = batch.x().mean();
                Tensor deviation = batch.x().std()) {
            assertThat(mean.item_float())
                    .isCloseTo(0, within(0.01f)); // the subset's; the constants are the whole set's
            assertThat(deviation.item_float()).isCloseTo(1, within(0.01f));
            assertThat(batch.x().equal(normalised.trainImages())).isTrue();
            assertThat(normalised.train().transform()).isNull();
        }
    }

    @Test
    void shouldShareItsTensorsWithAnotherNormalisation() {
        ImageData read = ImageData.fashionMnist();
        ImageData unit = read.withNormalisation(Transform.toFloat(255));
        try (PointerScope scope = new PointerScope()) {
            Batch batch = new DataLoader(unit.train()).iterator().next();
            assertThat(batch.x().min().item_float()).isZero();
            assertThat(batch.x().max().item_float()).isEqualTo(1);
            assertThat(unit.sha256()).isEqualTo(read.sha256());
        }
        unit.close();
        assertThat(read.trainImages().isNull()).isTrue();
    }

    @Test
    @SuppressWarnings("try") // the scope is only closed
    void shouldOutliveTheScopeOfReading() {
        ImageData data;
        ImageData normalised;
        try (PointerScope scope = new PointerScope()) {
            data = ImageData.fashionMnist();
            normalised = data.normalised();
        }
        try (data;
                normalised) {
            assertThat(data.trainLabels().size(0)).isEqualTo(10_000);
            assertThat(normalised.testImages().size(0)).isEqualTo(2_000);
        }
        assertThat(data.trainImages().isNull()).isTrue();
        assertThat(normalised.trainImages().isNull()).isTrue();
    }

    /** Hashes, for each of the four tensors, a line with dtype and shape, then the bytes. */
    @Test
    void shouldHashTheDataThatWasRead() throws Exception {
        try (ImageData data = ImageData.fashionMnist();
                ImageData normalised = data.normalised()) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String part : List.of("train", "t10k")) {
                int n = part.equals("train") ? 10_000 : 2_000;
                digest.update(("byte [" + n + ", 1, 28, 28]\n").getBytes(StandardCharsets.US_ASCII));
                digest.update(unpacked(part + "-images-idx3-ubyte.gz", 16));
                digest.update(("long [" + n + "]\n").getBytes(StandardCharsets.US_ASCII));
                for (byte label : unpacked(part + "-labels-idx1-ubyte.gz", 8)) {
                    digest.update(new byte[] {label, 0, 0, 0, 0, 0, 0, 0});
                }
            }

            assertThat(data.sha256()).isEqualTo(HexFormat.of().formatHex(digest.digest()));
            assertThat(normalised.sha256()).isEqualTo(data.sha256());
        }
    }

    private static byte[] unpacked(String name, int header) throws IOException {
        try (InputStream in = new GZIPInputStream(ImageData.class.getResourceAsStream("fashion-mnist/" + name))) {
            in.skipNBytes(header);
            return in.readAllBytes();
        }
    }
}
