package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.util.ResourceStack;
import org.blazefl4j.util.Slow;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs whose clients have features of their own. */
final class FeatureSkewOptionTest {

    private static Object loss(String... options) {
        try (Federation<?, ?> federation =
                Federation.open(SmallRun.of(1, options), Path.of("."), (images, engines) -> {})) {
            return loss(federation);
        }
    }

    private static <D, U> Object loss(Federation<D, U> federation) {
        new Simulation<>(federation.handler(), federation.trainer()).run();
        return federation.handler().getSummary(federation.trainer().workers()).get("loss");
    }

    @ParameterizedTest
    @CsvSource({"libtorch, rotation", "native, rotation:degrees=45", "native, noise"})
    void shouldTrainOnTheSkew(String engine, String skew) {
        String[] plain = {"--model-name=logistic", "--engine=" + engine};
        String[] skewed = {plain[0], plain[1], "--feature-skew=" + skew};
        Object loss = loss(skewed);

        assertThat(loss).isNotEqualTo(loss(plain)).isEqualTo(loss(skewed));
    }

    @Slow
    @ParameterizedTest
    @CsvSource({"rotation:degrees=45", "noise"})
    void shouldTrainOnTheSameSkewInAllModes(String skew) {
        String[] options = {"--model-name=logistic", "--feature-skew=" + skew};
        Object loss = loss(options);
        for (String mode : new String[] {"multi-threaded", "multi-process"}) {
            assertThat(loss(options[0], options[1], "--execution-mode=" + mode, "--num-parallels=2"))
                    .isEqualTo(loss);
        }
    }

    @Test
    void shouldSkewClientsTestImagesButNotThoseOfTheServer() {
        RunOptions plain = SmallRun.of(1, "--client-evaluation=last");
        RunOptions rotated = SmallRun.of(1, "--client-evaluation=last", "--feature-skew=rotation:degrees=180,groups=2");
        try (ResourceStack resources = new ResourceStack();
                PointerScope scope = new PointerScope()) {
            ImageData images = resources.add(plain.data.read());
            var before = plain.partitions(images, resources);
            var after = rotated.partitions(images, resources);

            for (PartitionType type : new PartitionType[] {PartitionType.TRAIN, PartitionType.TEST}) {
                Tensor straight = x(before, type, 1);
                assertThat(x(after, type, 0).equal(x(before, type, 0))).isTrue();
                assertThat(x(after, type, 1).equal(straight)).isFalse();
                assertThat(x(after, type, 1).equal(straight.rot90(2, 2, 3))).isTrue();
            }
            assertThat(after.getDataset(PartitionType.TEST)).isEqualTo(images.test());
        }
    }

    private static Tensor x(InMemoryPartitionedDataset<PartitionType> data, PartitionType type, int client) {
        return new DataLoader(data.getDataset(type, client)).iterator().next().x();
    }

    @Test
    void shouldRecordAndDescribeTheSkew() {
        RunOptions options = SmallRun.of(1, "--feature-skew=rotation:groups=4,degrees=30");

        assertThat(options.toMap()).containsEntry("feature_skew", "rotation:degrees=30");
        assertThat(options.data.describePartition()).isEqualTo("iid, feature skew rotation:degrees=30");
        assertThat(SmallRun.of(1).toMap()).doesNotContainKey("feature_skew");
    }

    @Test
    void shouldRefuseToRotateTheRowsOfATable(@TempDir Path folder) throws IOException {
        Path table = Files.writeString(folder.resolve("t.csv"), "x,y\n" + "1,a\n2,b\n".repeat(20));
        RunOptions options = SmallRun.of(
                1, "--data-file=" + table, "--label-column=y", "--model-name=logistic", "--feature-skew=rotation");

        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> Federation.open(options, folder, (images, engines) -> {}))
                .withMessageStartingWith("rotation of samples that are no images: samples=float [4, 1, 1, 1]");
    }
}
