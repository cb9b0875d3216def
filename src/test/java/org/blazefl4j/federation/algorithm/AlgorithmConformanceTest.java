package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.fedAvg;
import static org.blazefl4j.federation.FederationRuns.hashes;
import static org.blazefl4j.federation.FederationRuns.own;
import static org.blazefl4j.federation.FederationRuns.resumed;
import static org.blazefl4j.federation.FederationRuns.resumedOwn;
import static org.blazefl4j.torch.Elements.floats;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.ModelBroadcast;
import org.blazefl4j.federation.ModelUpdate;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.FailurePolicy;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each algorithm gives one sequence of bits, however it is run. */
final class AlgorithmConformanceTest {

    private static final int ROUNDS = 3;

    private final TinyData data = TinyData.evenly(62, CLIENTS);

    @AfterEach
    void close() {
        data.close();
    }

    private Federation federation(Catalogue algorithm, int rounds) {
        return algorithm.of(fedAvg(Tiny.CONVOLUTION, data, rounds));
    }

    @ParameterizedTest
    @EnumSource
    void shouldGiveTheSameBitsInThreads(Catalogue algorithm) {
        List<String> expected = hashes(federation(algorithm, ROUNDS));
        assertThat(expected).doesNotHaveDuplicates();
        for (int workers : new int[] {1, 2, 3, 8}) {
            assertThat(hashes(federation(algorithm, ROUNDS), ExecutionMode.MULTI_THREADED, workers))
                    .as("workers=%d", workers)
                    .isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldGiveClientsTheSameModelsInThreadsAndAfterACheckpoint(Catalogue algorithm, @TempDir Path folder) {
        float[][] expected = own(federation(algorithm, ROUNDS));
        assertThat(own(federation(algorithm, ROUNDS), ExecutionMode.MULTI_THREADED, 3))
                .isDeepEqualTo(expected);
        resumed(federation(algorithm, ROUNDS), folder);
        assertThat(resumedOwn(federation(algorithm, ROUNDS), folder)).isDeepEqualTo(expected);
    }

    @Slow
    @ParameterizedTest
    @EnumSource
    void shouldGiveTheSameBitsInProcesses(Catalogue algorithm) {
        assertThat(hashes(federation(algorithm, ROUNDS), ExecutionMode.MULTI_PROCESS, 2))
                .isEqualTo(hashes(federation(algorithm, ROUNDS)));
    }

    @Tag("soak")
    @ParameterizedTest
    @EnumSource
    void shouldGiveTheSameBitsInAnyNumberOfProcesses(Catalogue algorithm) {
        List<String> expected = hashes(federation(algorithm, ROUNDS));
        for (int workers : new int[] {1, 3, 8}) {
            assertThat(hashes(federation(algorithm, ROUNDS), ExecutionMode.MULTI_PROCESS, workers))
                    .as("workers=%d", workers)
                    .isEqualTo(expected);
        }
    }

    /** Each round has another number of worker processes; the one between them has none. */
    @Tag("soak")
    @ParameterizedTest
    @EnumSource
    void shouldContinueInOtherProcesses(Catalogue algorithm, @TempDir Path folder) {
        List<String> resumed =
                new ArrayList<>(resumed(federation(algorithm, 1), folder, ExecutionMode.MULTI_PROCESS, 3));
        resumed.addAll(resumed(federation(algorithm, 2), folder, ExecutionMode.MULTI_THREADED, 2));
        resumed.addAll(resumed(federation(algorithm, ROUNDS), folder, ExecutionMode.MULTI_PROCESS, 8));
        assertThat(resumed).isEqualTo(hashes(federation(algorithm, ROUNDS)));
    }

    @ParameterizedTest
    @EnumSource
    void shouldContinueFromACheckpointOfAnyRound(Catalogue algorithm, @TempDir Path folder) {
        List<String> resumed = new ArrayList<>();
        for (int round = 1; round <= ROUNDS; round++) {
            resumed.addAll(resumed(federation(algorithm, round), folder));
        }
        assertThat(resumed).isEqualTo(hashes(federation(algorithm, ROUNDS)));
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotDependOnTheOrderOfClients(Catalogue algorithm) {
        assertThat(federation(algorithm, 1).aggregation().acceptsAnyOrder()).isTrue();
        float[] expected = model(federation(algorithm, 1), UnaryOperator.identity());
        for (int seed = 0; seed < 3; seed++) {
            Random random = new Random(seed);
            assertThat(model(federation(algorithm, 1), cids -> shuffled(cids, random)))
                    .as("seed=%d", seed)
                    .containsExactly(expected);
        }
    }

    private static List<Integer> shuffled(List<Integer> cids, Random random) {
        List<Integer> shuffled = new ArrayList<>(cids);
        Collections.shuffle(shuffled, random);
        return shuffled;
    }

    private static float[] model(Federation federation, UnaryOperator<List<Integer>> order) {
        try (var handler = federation.handler();
                var trainer = ExecutionMode.SINGLE_THREADED.trainer(federation.clients(), TrainerOptions.defaults())) {
            List<Integer> cids = order.apply(handler.sampleClients());
            trainer.localProcess(handler.downlinkPackage(), cids, uplink -> {
                try (uplink) {
                    handler.load(uplink);
                }
            });
            return floats(handler.downlinkPackage().parameters());
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRepeatClientsThatFailedAfterTheyHadTrained(Catalogue algorithm) {
        Federation federation = federation(algorithm, ROUNDS);
        TrainerOptions options = TrainerOptions.builder()
                .numParallels(3)
                .onClientFailure(FailurePolicy.retry(1))
                .build();
        FAILED.clear();
        assertThat(hashes(federation, failingOnce(federation.clients()), ExecutionMode.MULTI_THREADED, options))
                .isEqualTo(hashes(federation));
        assertThat(FAILED).hasSize(ROUNDS * 4);
    }

    private static final Set<String> FAILED = ConcurrentHashMap.newKeySet();

    /** Returns clients that train, keep and send, and then fail, once in each round. */
    private static ClientAlgorithm<ClientConfig, ModelBroadcast, ModelUpdate> failingOnce(
            ClientAlgorithm<ClientConfig, ModelBroadcast, ModelUpdate> clients) {
        ClientWorker<ClientConfig, ModelBroadcast, ModelUpdate> worker = clients.worker();
        return new FailingClients(clients, (config, payload, context) -> {
            ModelUpdate update = worker.train(config, payload, context);
            if (FAILED.add(context.round() + " " + context.clientId())) {
                throw new IllegalStateException("planned");
            }
            return update;
        });
    }

    private record FailingClients(
            ClientAlgorithm<ClientConfig, ModelBroadcast, ModelUpdate> clients,
            ClientWorker<ClientConfig, ModelBroadcast, ModelUpdate> worker)
            implements ClientAlgorithm<ClientConfig, ModelBroadcast, ModelUpdate> {

        @Override
        public ClientConfig getClientConfig(int cid) {
            return clients.getClientConfig(cid);
        }

        @Override
        public ModelUpdate prepareUplinkPackageBuffer() {
            return clients.prepareUplinkPackageBuffer();
        }
    }
}
