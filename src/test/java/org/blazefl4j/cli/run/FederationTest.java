package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.blazefl4j.cli.options.OptionNames;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.model.Engine;
import org.blazefl4j.step.EngineChoice;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FederationTest {

    @ParameterizedTest
    @CsvSource({"--device=cuda:4000, '--device=cuda:4000, '", "--data-dir=nowhere, --data-dir=nowhere"})
    void shouldNameTheOptionThatThisMachineCannotMeet(String option, String named) {
        RunOptions options = SmallRun.of(1, "--execution-mode=multi-process", "--num-parallels=1", option);

        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> Federation.open(options, Path.of("."), (images, engines) -> {}))
                .withMessageContaining(named)
                .satisfies(refusal -> assertThat(refusal.getMessage()).hasLineCount(1));
    }

    @ParameterizedTest
    @CsvSource({
        "multi-process, 4096, 10, 'multi-process, 10 worker processes instead of 4096, one per client in a round, on cpu'",
        "multi-threaded, 11, 10, 'multi-threaded, 10 threads instead of 11, one per client in a round, on cpu'",
        "multi-threaded, 10, 10, 'multi-threaded, 10 threads, on cpu'",
    })
    void shouldStartAtMostOneWorkerPerClient(String mode, int requested, int started, String described) {
        RunOptions options = SmallRun.of(1, "--execution-mode=" + mode, "--num-parallels=" + requested);

        assertThat(options.trainer().numParallels()).isEqualTo(started);
        assertThat(options.toMap()).containsEntry("num_parallels", started);
        assertThat(options.describeExecution()).isEqualTo(described);
    }

    @Test
    void shouldNameTheOptionWhenThereAreFewerClientsThanClasses() {
        RunOptions options = SmallRun.of(1, "--partition=classes", "--num-clients=9");

        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> Federation.open(options, Path.of("."), (images, engines) -> {}))
                .withMessage("number of clients: --num-clients=9, limit=10 or more (the classes in the labels); raise"
                        + " --num-clients, or no client has the last classes");
    }

    @ParameterizedTest
    @CsvSource({"--epochs=1, false, -0.81", "--pixels=unit, true, 0"})
    void shouldScalePixelsAsAsked(String option, boolean recorded, float least) {
        RunOptions options = SmallRun.of(1, option);
        try (Federation<?, ?> federation = Federation.open(options, Path.of("."), (images, engines) -> {});
                PointerScope scope = new PointerScope()) {
            Batch batch = new DataLoader(federation.images().test()).iterator().next();
            assertThat(batch.x().min().item_float()).isCloseTo(least, within(0.01f));
            assertThat(options.toMap().containsKey("pixels")).isEqualTo(recorded);
        }
    }

    @Test
    void shouldChooseTheEngineOfEachModel() {
        String[] dsfl = {"--algorithm=dsfl", "--open-size-per-round=100", "--client-models=mlp,logistic"};
        try (Federation<?, ?> federation =
                Federation.open(SmallRun.of(1, dsfl), Path.of("."), (images, engines) -> {})) {
            assertThat(federation.engines().choices().keySet()).containsExactly("cnn", "mlp", "logistic");
        }
        Map<String, EngineChoice> two = new LinkedHashMap<>();
        two.put("cnn", new EngineChoice(Engine.NATIVE, "avx2"));
        two.put("resnet18", new EngineChoice(Engine.LIBTORCH, "layers not covered"));
        assertThat(new RunEngines(two).describe())
                .isEqualTo("cnn native (avx2), resnet18 libtorch (layers not covered)");
        assertThat(new RunEngines(two).used()).isEqualTo("cnn native, resnet18 libtorch");
    }

    @ParameterizedTest
    @CsvSource({"--epochs=1, auto", "--engine=libtorch, libtorch", "--engine=native, native"})
    void shouldRecordTheOptionForTheEngine(String option, String recorded) {
        assertThat(SmallRun.of(1, option).toMap()).containsEntry("engine", recorded);
    }

    @Test
    void shouldRefuseTheNativeEngineForAModelThatItCannotCompute() {
        RunOptions options = SmallRun.of(1, "--engine=native", "--autocast=bfloat16");

        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> Federation.open(options, Path.of("."), (images, engines) -> {}))
                .withMessage("native engine cannot compute the model: --engine=native, model=Cnn, found=autocast"
                        + " bfloat16; choose auto or libtorch");
    }

    @Test
    void shouldRecordAndDescribeTheClassesOfAClient() {
        RunOptions options = SmallRun.of(1, "--partition=classes", "--classes-per-client=3");

        assertThat(options.data.describePartition()).isEqualTo("classes, 3 per client");
        assertThat(options.toMap()).containsEntry("classes_per_client", 3);
        assertThat(SmallRun.of(1).toMap()).doesNotContainKey("classes_per_client");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "9995 | number of clients: --num-clients=10, limit=1 to 5 (the number of samples); change --num-clients, or"
                        + " lower --open-size: --open-size=9995 leaves 5 samples to the clients",
                "50 | too many open samples a round: --open-size-per-round=100, limit=50, the size of the open set; lower"
                        + " --open-size-per-round or raise --open-size",
                "10000 | open set out of range: --open-size=10000, limit=1 to 9999; leave some of the 10000 samples to the"
                        + " clients"
            })
    void shouldNameOptionsInMessagesAboutTheOpenSet(int openSize, String refusal) {
        RunOptions options = SmallRun.of(1, "--algorithm=dsfl", "--open-size=" + openSize, "--open-size-per-round=100");

        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> Federation.open(options, Path.of("results"), (images, engines) -> {}))
                .withMessage(refusal);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "number of shards: numShards=50, expected=a multiple of 100 | number of shards: --num-shards=50,"
                        + " expected=a multiple of 100",
                "numClients=4; raise alpha or lower minSize | --num-clients=4; raise --dir-alpha or lower minSize",
                "file=/data/alpha/numShards.gz, --dir-alpha=3 | file=/data/alpha/numShards.gz, --dir-alpha=3",
                "device=gpu on this device | --device=gpu on this device"
            })
    void shouldReplaceTheLibrarysNamesByOptions(String message, String inOptions) {
        assertThat(OptionNames.in(message, SmallRun.of(1).spec)).isEqualTo(inOptions);
    }

    /** The default is a fifth of the 10 000 images that come with the program. */
    @ParameterizedTest
    @CsvSource({"--epochs=1, 2000", "--open-size=500, 500"})
    void shouldRecordTheSizeOfTheOpenSet(String option, int size) {
        RunOptions options = SmallRun.of(1, "--algorithm=dsfl", "--open-size-per-round=100", option);
        try (Federation<?, ?> federation = Federation.open(options, Path.of("."), (images, engines) -> {})) {
            assertThat(options.toMap()).containsEntry("open_size", size);
        }
    }
}
