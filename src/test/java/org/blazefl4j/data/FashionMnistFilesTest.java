package org.blazefl4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Reads the real files of Fashion-MNIST. Skipped if Debian's package is not installed; fails instead if
 * {@code BLAZEFL4J_REQUIRE_DATASETS} is {@code true}.
 */
class FashionMnistFilesTest {

    private static final Path FOLDER = Path.of("/usr/share/datasets/fashion-mnist");

    @BeforeAll
    static void requireFiles() {
        boolean there = Files.isDirectory(FOLDER);
        String message = "no Fashion-MNIST in " + FOLDER + ": install Debian's package dataset-fashion-mnist";
        if (Boolean.parseBoolean(System.getenv("BLAZEFL4J_REQUIRE_DATASETS"))) {
            assertThat(there).as(message).isTrue();
        }
        Assumptions.assumeTrue(there, message);
    }

    @Test
    void shouldReadTheWholeSet() throws IOException {
        try (ImageData whole = ImageData.fashionMnist(FOLDER);
                Tensor perClass = whole.trainLabels().bincount();
                Tensor testPerClass = whole.testLabels().bincount()) {
            assertThat(whole.trainImages().shape()).containsExactly(60_000, 1, 28, 28);
            assertThat(whole.testImages().shape()).containsExactly(10_000, 1, 28, 28);
            assertThat(Samples.toArray(perClass)).hasSize(10).containsOnly(6_000);
            assertThat(Samples.toArray(testPerClass)).hasSize(10).containsOnly(1_000);
        }
    }

    @Test
    void shouldNormaliseByTheMeanAndDeviationOfAllPixels() throws IOException {
        try (ImageData whole = ImageData.fashionMnist(FOLDER);
                Tensor numbers = whole.trainImages().to(ScalarType.Double);
                Tensor mean = numbers.mean();
                Tensor deviation = numbers.std()) {
            assertThat(mean.item_double() / 255).isCloseTo(0.2860, within(0.00005));
            assertThat(deviation.item_double() / 255).isCloseTo(0.3530, within(0.00005));
        }
    }

    @Test
    void shouldHoldTheFirstImagesOfEachClassInTheJar() throws IOException {
        try (ImageData whole = ImageData.fashionMnist(FOLDER);
                ImageData embedded = ImageData.fashionMnist()) {
            checkSubset(whole.train(), embedded.train(), FashionMnistSubset.TRAIN_IMAGES_PER_CLASS);
            checkSubset(whole.test(), embedded.test(), FashionMnistSubset.TEST_IMAGES_PER_CLASS);
        }
    }

    private static void checkSubset(TensorDataset whole, TensorDataset embedded, int perClass) {
        try (Tensor chosen = FashionMnistSubset.choose(whole.targets(), perClass);
                Tensor images = whole.data().index_select(0, chosen);
                Tensor labels = whole.targets().index_select(0, chosen)) {
            assertThat(images.equal(embedded.data())).isTrue();
            assertThat(labels.equal(embedded.targets())).isTrue();
        }
    }
}
