package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.blazefl4j.cli.verify.ComparisonReport;
import org.blazefl4j.cli.verify.RecordedRun;
import org.blazefl4j.cli.verify.RunComparison;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs the algorithms other than federated averaging from the command line. */
@Slow
final class AlgorithmsProcessTest {

    private static final Offset<Double> ROUNDING = within(1e-6);

    @TempDir
    private Path folder;

    private CliProcess run(String name, String algorithmAndItsOptions, String... more) throws IOException {
        List<String> args = new ArrayList<>(List.of("run", "--output", "results", "--num-clients", "10"));
        args.addAll(List.of("--sample-ratio", "0.3", "--global-round", "2", "--epochs", "1"));
        args.addAll(List.of("--partition", "shards", "--num-shards", "200", "--batch-size", "100"));
        args.add("--algorithm");
        args.addAll(List.of(algorithmAndItsOptions.split(" ")));
        args.addAll(List.of(more));
        return CliProcess.start(Files.createDirectory(folder.resolve(name)), args.toArray(String[]::new));
    }

    private RecordedRun recorded(String name) {
        return RecordedRun.read(folder.resolve(name).resolve("results"));
    }

    private List<Object> hashesInCsv(String name) throws IOException {
        List<String> rows = Files.readAllLines(folder.resolve(name).resolve("results/metrics.csv"));
        int column = List.of(rows.get(0).split(",")).indexOf("sha256");
        return rows.stream().skip(1).<Object>map(row -> row.split(",")[column]).toList();
    }

    @ParameterizedTest
    @CsvSource({
        "scaffold --server-optimizer sgd:lr=0.5 --weighting uniform --client-evaluation last, SCAFFOLD of cnn,"
                + " 'weighting uniform, server optimizer sgd:lr=0.5', client_evaluation, last",
        "fedavg --sampler power-of-choice:candidates=6 --client-evaluation 1, FedAvg of cnn,"
                + " 'sampler power-of-choice:candidates=6', sampler, power-of-choice:candidates=6",
        "fedavg --local-optimizer adamw --lr 0.001 --max-grad-norm 1 --lr-schedule cosine:3 --client-evaluation 1,"
                + " FedAvg of cnn,"
                + " 'optimizer adamw, gradient norm at most 1.0, lr schedule cosine:3', lr_schedule, cosine:3",
        "'dsfl --client-models cnn,mlp --model-name mlp --open-size 500 --open-size-per-round 200 --kd-epochs 1 --evaluate-clients',"
                + " DS-FL of mlp, 'clients'' models [cnn, mlp]', client_models, '[cnn, mlp]'"
    })
    void shouldGiveTheSameBitsWithAndWithoutWorkerProcesses(
            String options, String title, String described, String setting, String value) throws Exception {
        try (CliProcess workers = run("workers", options, "--num-parallels", "2");
                CliProcess serial = run("serial", options, "--execution-mode", "single-threaded")) {
            assertThat(workers.exitCode()).as(workers.err()).isZero();
            assertThat(serial.exitCode()).as(serial.err()).isZero();
            assertThat(workers.out()).contains(": " + title + " on", described, "completed: 2 of 2");
        }

        RunComparison comparison = RunComparison.of(recorded("workers"), recorded("serial"));
        assertThat(ComparisonReport.of(comparison)).startsWith("identical: rounds=2\n");
        assertThat(comparison.conditions()).isEmpty();
        assertThat(recorded("workers").configuration().get(setting)).hasToString(value);
        assertThat(recorded("workers").rounds())
                .allSatisfy(round -> assertThat(round).containsKeys("client_accuracy", "client_loss"));
        if (!options.startsWith("dsfl")) { // every test image belongs to one client
            Map<String, Object> last = recorded("workers").rounds().get(1);
            assertThat((double) last.get("client_accuracy_weighted"))
                    .isCloseTo((double) last.get("accuracy"), ROUNDING);
            assertThat((double) last.get("client_loss_weighted")).isCloseTo((double) last.get("loss"), ROUNDING);
            assertThat(last.get("client_accuracy_std")).isNotEqualTo(0.0);
        }
        assertThat(recorded("workers").rounds())
                .extracting(round -> round.get("sha256"))
                .doesNotHaveDuplicates()
                .isEqualTo(hashesInCsv("workers"));
    }
}
