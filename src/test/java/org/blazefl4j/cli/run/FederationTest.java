package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import java.util.Map;
import org.blazefl4j.cli.SmallRun;
import org.blazefl4j.cli.options.OptionNames;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.core.Device;
import org.blazefl4j.trainer.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FederationTest {

    @ParameterizedTest
    @CsvSource({"1, , cuda:4000, '--device=cuda:4000, limit='", "1, nowhere, cpu, --data-dir=nowhere"})
    void shouldRefuseWhatThisMachineCannotGiveByTheOptionsName(
            int numParallels, Path dataDir, String device, String named) {
        RunSettings settings =
                SmallRun.of(new FedAvg(), 1, ExecutionMode.MULTI_PROCESS, numParallels, dataDir, Device.parse(device));

        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> Federation.open(settings, Path.of("."), images -> {}))
                .withMessageContaining(named)
                .satisfies(refusal -> assertThat(refusal.getMessage()).hasLineCount(1));
    }

    @ParameterizedTest
    @CsvSource({
        "MULTI_PROCESS, 5000, 10, 'multi-process, 10 worker processes instead of 5000, for no more clients train in a"
                + " round, on cpu'",
        "MULTI_THREADED, 11, 10, 'multi-threaded, 10 threads instead of 11, for no more clients train in a round, on cpu'",
        "MULTI_THREADED, 10, 10, 'multi-threaded, 10 threads, on cpu'",
    })
    void shouldStartNoMoreWorkersThanClientsTrain(ExecutionMode mode, int asked, int started, String described) {
        RunSettings settings = SmallRun.of(new FedAvg(), 1, mode, asked, null, Device.CPU);

        assertThat(settings.trainer().numParallels()).isEqualTo(started);
        assertThat(settings.toMap()).containsEntry("num_parallels", started);
        assertThat(settings.describeExecution()).isEqualTo(described);
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
    void shouldSpeakOfTheOpenSetInTheCommandLinesOptions(int openSize, String refusal) {
        Dsfl dsfl = new Dsfl(openSize, 100, 0.1, SgdOptions.defaults(), null, false);

        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> Federation.open(SmallRun.of(dsfl, 1), Path.of("results"), images -> {}))
                .withMessage(refusal);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "numClients=4; raise alpha or lower minSize | --num-clients=4; raise --dir-alpha or lower minSize",
                "file=/data/alpha/numShards.gz, --dir-alpha=3 | file=/data/alpha/numShards.gz, --dir-alpha=3",
                "device=gpu on this device | --device=gpu on this device"
            })
    void shouldNameOptionsWhereverTheLibraryNamesItsOwn(String message, String inOptions) {
        assertThat(OptionNames.in(message)).isEqualTo(inOptions);
    }

    /** A fifth of the 10 000 images that come with the program, unless asked for. */
    @ParameterizedTest
    @CsvSource({", 2000", "500, 500"})
    void shouldRecordTheOpenSetsSizeWhoeverChoseIt(Integer asked, long size) {
        Dsfl dsfl = new Dsfl(asked, 100, 0.1, SgdOptions.defaults(), null, false);
        try (Federation<?, ?> federation = Federation.open(SmallRun.of(dsfl, 1), Path.of("."), images -> {})) {
            assertThat(federation.derivedSettings()).isEqualTo(Map.of("open_size", size));
        }
    }
}
