package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.util.Slow;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clients in worker processes that write to shared tensors fail at the write; the message names the tensor. */
@Slow
final class ReadOnlyPayloadTest {

    /** More than fits beside the message. */
    private static final int LARGE = 100_000;

    private static final int WRITER = 2;

    /** What the writer writes to. A client without a target only reads. */
    private enum Target {
        SMALL_PAYLOAD("the payload, which is read-only: tensor=payload.small", work -> work.payload.small()),
        LARGE_PAYLOAD("the payload, which is read-only: tensor=payload.large", work -> work.payload.large()),
        /** A result of the round before, in the same memory as this round's results. */
        FORWARDED("the payload, which is read-only: tensor=payload.forwarded", work -> work.payload.forwarded()),
        SHARED("shared data, which is read-only: tensor=shared[data]", work -> work.context.shared("data")),
        DATA("its data, which is read-only: tensor=data", work -> work.config.data()),
        CONFIG("its data, which is read-only: tensor=own", work -> work.config.own());

        private final String described;
        private final Function<Work, Tensor> tensor;

        Target(String described, Function<Work, Tensor> tensor) {
            this.described = described;
            this.tensor = tensor;
        }
    }

    private record Config(int cid, Target target, boolean closes, Tensor data, Tensor own) {}

    private record Payload(Tensor small, Tensor large, Tensor forwarded) {}

    private record Result(int cid, Tensor x) {}

    private record Work(Config config, Payload payload, WorkerContext context) {}

    private static final class Clients implements ClientAlgorithm<Config, Payload, Result> {

        private final Tensor data;
        private final Tensor own = torch.full(new long[] {3}, new Scalar(5));
        private Target target;
        private boolean closes;

        Clients(Tensor data) {
            this.data = data;
        }

        @Override
        public Config getClientConfig(int cid) {
            return new Config(cid, cid == WRITER ? target : null, closes, data, own);
        }

        @Override
        public ClientWorker<Config, Payload, Result> worker() {
            return Clients::train;
        }

        @Override
        public Result prepareUplinkPackageBuffer() {
            return new Result(0, torch.empty(LARGE));
        }

        private static Result train(Config config, Payload payload, WorkerContext context) {
            Result result =
                    new Result(config.cid(), context.<Result>uplinkBuffer().x());
            result.x()
                    .copy_(payload.large())
                    .add_(payload.small().sum())
                    .add_(payload.forwarded().select(0, 0))
                    .add_(context.shared("data").sum())
                    .add_(config.data().sum())
                    .add_(config.own().sum());
            if (config.target() != null) {
                Tensor tensor = config.target().tensor.apply(new Work(config, payload, context));
                if (config.closes()) {
                    tensor.close();
                } else {
                    write(tensor, config.cid());
                }
            }
            return result;
        }

        /** Writes by LibTorch or, to small tensors, past it. */
        private static void write(Tensor tensor, int cid) {
            if (tensor.numel() == LARGE) {
                tensor.narrow(0, LARGE / 2, 10).add_(new Scalar(1));
            } else {
                new FloatPointer(tensor.data_ptr()).put(1, cid);
            }
        }
    }

    private final Holdings before = Holdings.now();
    private final Tensor data = torch.ones(LARGE);
    private final Clients clients = new Clients(data);
    private ProcessPoolClientTrainer<Config, Payload, Result> trainer;
    private Payload payload;

    /** Opens the trainer and runs a first round, one of whose results the later payloads forward. */
    private void open(FailurePolicy policy) {
        trainer = new ProcessPoolClientTrainer<>(
                clients,
                TrainerOptions.builder().numParallels(1).onClientFailure(policy).build());
        try (Tensor shared = torch.full(new long[] {2}, new Scalar(3))) {
            trainer.share("data", shared);
        }
        trainer.workers().share(data);
        payload = new Payload(torch.ones(4), torch.zeros(LARGE), torch.zeros(LARGE));
        List<Result> first = round(1);
        payload.forwarded().close();
        payload = new Payload(payload.small(), payload.large(), first.get(0).x());
    }

    @AfterEach
    void close() {
        trainer.close();
        payload.small().close();
        payload.large().close();
        payload.forwarded().close();
        data.close();
        clients.own.close();
        before.awaitNoMore();
    }

    private List<Result> round(int count) {
        List<Result> results = new ArrayList<>();
        trainer.localProcess(payload, PoolClients.cids(count), results::add);
        return results;
    }

    private void requireRound(List<Integer> cids, List<Result> results) {
        float sum = 4 + PoolClients.first(payload.forwarded()) + 6 + LARGE + 15;
        assertThat(results).extracting(Result::cid).containsExactlyElementsOf(cids);
        for (Result result : results) {
            assertThat(PoolClients.first(result.x())).isEqualTo(sum);
            result.x().close();
        }
    }

    @Test
    void shouldFailTheClientThatWritesAndNameTheTensor() {
        open(FailurePolicy.failFast());
        for (Target target : Target.values()) {
            int round = trainer.round() + 1;
            clients.target = target;
            assertThatThrownBy(() -> trainer.localProcess(
                            payload, PoolClients.cids(4), result -> result.x().close()))
                    .isInstanceOf(ClientFailedException.class)
                    .hasMessage("client failed: client=2, round=" + round + ", worker=0: client wrote to "
                            + target.described + "; clone it first");
            trainer.uplinkPackage().forEach(result -> result.x().close());

            clients.target = null;
            requireRound(List.of(0, 1, 2, 3), round(4));
        }
    }

    @Test
    void shouldFailEachAttemptOfAClientThatAlwaysWrites() {
        open(FailurePolicy.retry(1));
        clients.target = Target.LARGE_PAYLOAD;
        assertThatThrownBy(() -> trainer.localProcess(
                        payload, PoolClients.cids(3), result -> result.x().close()))
                .isInstanceOf(ClientFailedException.class)
                .hasMessage("client failed: client=2, round=2, worker=0, attempts=2: client wrote to "
                        + Target.LARGE_PAYLOAD.described + "; clone it first");

        clients.target = null;
        requireRound(List.of(0, 1, 2), round(3));
    }

    @Test
    void shouldDropAClientThatWritesAndGiveTheOthersTheUnchangedPayload() {
        open(FailurePolicy.drop());
        clients.target = Target.SMALL_PAYLOAD;
        requireRound(List.of(0, 1, 3), round(4));
        assertThat(trainer.dropped())
                .hasSize(1)
                .first()
                .satisfies(dropped ->
                        assertThat(dropped).hasMessageContaining("client wrote to " + Target.SMALL_PAYLOAD.described));
    }

    @ParameterizedTest
    @CsvSource({"SMALL_PAYLOAD, payload.small", "LARGE_PAYLOAD, payload.large", "SHARED, shared[data]"})
    void shouldBlameTheClientThatClosesWhatOthersReadAndNotTheNext(Target target, String path) {
        open(FailurePolicy.drop());
        clients.target = target;
        clients.closes = true;
        requireRound(List.of(0, 1, 3), round(4));
        assertThat(trainer.dropped())
                .hasSize(1)
                .first()
                .satisfies(dropped -> assertThat(dropped)
                        .hasMessageContaining("client closed what others read: client=2, tensor=" + path
                                + "; leave it open, it is closed after the round"));
    }
}
