package org.blazefl4j.contrib.fedavg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.contrib.common.AbstractServerHandler;
import org.blazefl4j.contrib.common.GlobalModel;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.contrib.common.WeightedSum;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.core.Workers;
import org.blazefl4j.trainer.AbstractClientTrainer;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Cohorts of any size, none at all among them. */
final class VaryingCohortsTest {

    private static final int CLIENTS = 5;
    private static final Tiny.Selector MODELS = new Tiny.Selector(1);

    /** Rounds without clients at the start, twice in a row, and at the end. */
    private static final List<List<Integer>> COHORTS =
            List.of(List.of(), List.of(1, 3), List.of(), List.of(), List.of(0, 1, 2, 3, 4), List.of(4), List.of());

    private final TinyData data = TinyData.evenly(40, CLIENTS);

    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        data.close();
    }

    /** Federated averaging over given cohorts. */
    private final class Server extends AbstractServerHandler<FedAvgDownlinkPackage, FedAvgUplinkPackage> {

        private final WeightedSum sum;
        private final List<String> news = new ArrayList<>();
        private List<List<Integer>> cohorts = COHORTS;

        Server(int rounds) {
            this(ServerOptions.of(rounds, CLIENTS));
        }

        private Server(ServerOptions options) {
            super(
                    options,
                    new GlobalModel(new SelectedModel<>(MODELS, Tiny.CONVOLUTION), data.partitions(), options),
                    FedAvgUplinkPackage::cid);
            this.sum = new WeightedSum("parameters", options, global().numel());
        }

        @Override
        protected List<Integer> draw(Workers workers) {
            return cohorts.get(round());
        }

        @Override
        protected void completed(List<Integer> loaded, List<Integer> dropped) {
            news.add(round() + ": " + loaded + " " + dropped);
        }

        @Override
        public FedAvgDownlinkPackage downlinkPackage() {
            return new FedAvgDownlinkPackage(global().lend());
        }

        @Override
        protected void add(FedAvgUplinkPackage uplink) {
            sum.add(uplink.cid(), uplink.dataSize(), uplink.parameters());
        }

        @Override
        protected void update() {
            if (sum.weight().signum() > 0) {
                sum.mean(global().next());
                global().advance();
            }
        }

        @Override
        protected void forget() {
            sum.clear();
        }

        @Override
        public void save(CheckpointWriter out) {
            super.save(out);
            global().save(out);
        }

        @Override
        public void restore(CheckpointReader in) {
            super.restore(in);
            global().restore(in);
        }

        @Override
        protected void free() {
            sum.close();
        }
    }

    private AbstractClientTrainer<?, FedAvgDownlinkPackage, FedAvgUplinkPackage> trainer(ExecutionMode mode) {
        return mode.trainer(
                new FedAvgClients(
                        MODELS,
                        Tiny.CONVOLUTION,
                        data.partitions(),
                        CLIENTS,
                        SgdOptions.defaults().withEpochs(1)),
                TrainerOptions.builder().numParallels(2).build());
    }

    /** Runs until so many rounds are complete, from the latest checkpoint; returns what the rounds reported. */
    private List<RoundReport> run(ExecutionMode mode, int rounds, Path checkpointFolder) {
        List<RoundReport> reports = new ArrayList<>();
        RoundListener<Object> listener = new RoundListener<>() {
            @Override
            public void roundFinished(RoundReport report) {
                reports.add(report);
            }
        };
        try (Server server = new Server(rounds);
                var trainer = trainer(mode);
                Checkpoints checkpoints = Checkpoints.in(checkpointFolder)
                        .every(1)
                        .add("handler", server)
                        .add("trainer", trainer)) {
            checkpoints.resume();
            var summary = new Simulation<>(server, trainer)
                    .addListener(listener)
                    .addListener(checkpoints)
                    .run();
            assertThat(summary.rounds()).isEqualTo(reports.size());
            assertThat(trainer.round()).isEqualTo(rounds);
            assertThat(server.round()).isEqualTo(rounds);
        }
        return reports;
    }

    private static List<Object> hashes(List<RoundReport> reports) {
        return reports.stream().map(report -> report.summary().get("sha256")).toList();
    }

    @Slow
    @ParameterizedTest
    @EnumSource
    void shouldCountRoundsWithoutClientsAndLeaveTheModel(ExecutionMode mode) {
        List<RoundReport> reports = run(mode, COHORTS.size(), folder);

        assertThat(reports).extracting(RoundReport::clients).isEqualTo(COHORTS);
        assertThat(reports).extracting(report -> report.summary().get("round")).containsExactly(1, 2, 3, 4, 5, 6, 7);
        List<Object> hashes = hashes(reports);
        assertThat(hashes.get(2)).isEqualTo(hashes.get(1)).isEqualTo(hashes.get(3));
        assertThat(hashes.get(6)).isEqualTo(hashes.get(5));
        assertThat(new HashSet<>(hashes)).hasSize(4);
        assertThat(hashes)
                .isEqualTo(hashes(run(ExecutionMode.SINGLE_THREADED, COHORTS.size(), folder.resolve("serial"))));
    }

    @Test
    void shouldResumeAfterAnyRound() {
        List<Object> whole = hashes(run(ExecutionMode.SINGLE_THREADED, COHORTS.size(), folder.resolve("whole")));

        List<Object> inParts = new ArrayList<>();
        for (int round = 1; round <= COHORTS.size(); round++) {
            inParts.addAll(hashes(run(ExecutionMode.SINGLE_THREADED, round, folder.resolve("parts"))));
        }
        assertThat(inParts).isEqualTo(whole);
    }

    @Test
    void shouldTellWhoTookPart() {
        try (Server server = new Server(7);
                var trainer = trainer(ExecutionMode.SINGLE_THREADED)) {
            assertThat(server.sampleClients()).isEmpty();
            List<Integer> second = server.sampleClients();
            assertThat(second).containsExactly(1, 3).isEqualTo(server.sampleClients());
            trainer.localProcess(server.downlinkPackage(), List.of(3), uplink -> {
                try (uplink) {
                    server.load(uplink);
                }
            });
            server.drop(1);

            assertThat(server.round()).isEqualTo(2);
            assertThat(server.news).containsExactly("0: [] []", "1: [3] [1]");
        }
    }

    @Test
    void shouldRefuseCohortsOutOfOrderAndClientsThatWereNotSampled() {
        try (Server server = new Server(7)) {
            server.cohorts = List.of(List.of(2, 0));
            assertThatIllegalStateException()
                    .isThrownBy(server::sampleClients)
                    .withMessage("clients of a round: round=1, client=0 after 2, expected=ascending ids from 0 to 4,"
                            + " none twice; correct what draws them");
            server.cohorts = List.of(List.of(0, 2));
            server.sampleClients();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> server.drop(1))
                    .withMessage("client is not in this round: cid=1, round=1, expected=one that was sampled; train"
                            + " the clients of sampleClients()");
        }
    }
}
