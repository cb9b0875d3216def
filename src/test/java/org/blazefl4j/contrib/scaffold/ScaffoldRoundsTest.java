package org.blazefl4j.contrib.scaffold;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.contrib.fedavg.FedAvgClients;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.trainer.SerialClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Runs rounds of some clients of unequal sizes, with dropout and batch normalisation. */
final class ScaffoldRoundsTest {

    private static final int CLIENTS = 6;
    private static final int ROUNDS = 4;
    private static final Tiny MODEL = Tiny.CONVOLUTION;
    private static final Tiny.Selector SELECTOR = new Tiny.Selector(1);
    private static final SgdOptions TRAINING = new SgdOptions(2, 4, 0.05);
    private static final ServerOptions COMMON =
            ServerOptions.of(ROUNDS, CLIENTS).withSampleRatio(0.67);
    private static final ScaffoldServerHandler.Options SERVER = ScaffoldServerHandler.Options.of(COMMON);

    private TinyData data;

    @BeforeEach
    void open() {
        data = TinyData.of(CLIENTS * 10, unequalParts());
    }

    @AfterEach
    void close() {
        data.close();
    }

    /** Returns parts of 5, 7, 9, ... samples. */
    private static List<long[]> unequalParts() {
        return IntStream.range(0, CLIENTS)
                .mapToObj(cid -> LongStream.range(cid * 10L, cid * 10L + 5 + 2 * cid)
                        .map(i -> i % (CLIENTS * 10))
                        .toArray())
                .toList();
    }

    private ScaffoldServerHandler handler() {
        return new ScaffoldServerHandler(SELECTOR, MODEL, data.partitions(), SERVER);
    }

    private SerialClientTrainer<ClientConfig, ScaffoldDownlinkPackage, ScaffoldUplinkPackage> trainer() {
        return new SerialClientTrainer<>(
                new ScaffoldClients(SELECTOR, MODEL, data.partitions(), CLIENTS, TRAINING), TrainerOptions.defaults());
    }

    /** Returns the global model's hash after each round. */
    private static <D, U> List<String> hashes(ServerHandler<D, U> handler, ClientTrainer<D, U> trainer) {
        List<String> hashes = new ArrayList<>();
        new Simulation<>(handler, trainer)
                .addListener(new RoundListener<Object>() {
                    @Override
                    public void roundFinished(RoundReport report) {
                        hashes.add((String) report.summary().get("sha256"));
                    }
                })
                .run();
        return hashes;
    }

    /** Covers the other modes too, since they give the same bits as serial. */
    @Test
    void shouldEqualFederatedAveragingBitForBitInTheFirstRoundOnly() {
        List<String> scaffold;
        List<String> fedAvg;
        try (var handler = handler();
                var trainer = trainer()) {
            scaffold = hashes(handler, trainer);
        }
        try (var handler = new FedAvgServerHandler(SELECTOR, MODEL, data.partitions(), COMMON);
                var trainer = new SerialClientTrainer<>(
                        new FedAvgClients(SELECTOR, MODEL, data.partitions(), CLIENTS, TRAINING),
                        TrainerOptions.defaults())) {
            fedAvg = hashes(handler, trainer);
        }

        assertThat(fedAvg).hasSize(ROUNDS);
        assertThat(scaffold).hasSize(ROUNDS).doesNotHaveDuplicates();
        assertThat(scaffold.get(0)).isEqualTo(fedAvg.get(0));
        assertThat(scaffold.subList(1, ROUNDS)).doesNotContainAnyElementsOf(fedAvg);
    }

    /** Sums the changes that clients send: the variates that they keep. */
    @Test
    void shouldHaveTheWeightedMeanOfTheClientsControlVariatesOnTheServer() {
        Map<Integer, Tensor> own = new LinkedHashMap<>();
        try (var handler = handler();
                var trainer = trainer()) {
            while (!handler.isStopped()) {
                List<Integer> cids = trainer.order(handler.sampleClients());
                trainer.localProcess(handler.downlinkPackage(), cids, uplink -> {
                    handler.load(uplink);
                    own.merge(uplink.cid(), uplink.controlDelta(), Tensor::add);
                });
                Tensor mean = torch.zeros_like(handler.downlinkPackage().control());
                own.forEach((cid, variate) -> mean.add_(variate, new Scalar(size(cid) / allSizes())));

                assertThat(torch.allclose(handler.downlinkPackage().control(), mean, 1e-5, 1e-7, false))
                        .isTrue();
            }
            assertThat(own).hasSizeGreaterThan(4);
            assertThat(handler.downlinkPackage().control().count_nonzero().item_long())
                    .isPositive();
        }
    }

    private double size(int cid) {
        return data.partitions().size(PartitionType.TRAIN, cid);
    }

    private double allSizes() {
        return IntStream.range(0, CLIENTS).mapToDouble(this::size).sum();
    }
}
