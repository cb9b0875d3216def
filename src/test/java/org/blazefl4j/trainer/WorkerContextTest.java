package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.trainer.Clients.ids;
import static org.blazefl4j.trainer.Clients.plus;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;

/** The context of a client, and what is closed when the client has ended. */
final class WorkerContextTest {

    private final Down down = Down.of(100);

    @AfterEach
    void close() {
        down.value().close();
    }

    @WithoutProcesses
    void shouldTellTheClientsIdRoundWorkerAndDevice(ExecutionMode mode) {
        Map<Integer, List<Object>> seen = new ConcurrentHashMap<>();
        Clients clients = new Clients((cid, payload, context) -> {
            assertThat(payload).isSameAs(down);
            seen.put(cid, List.of(context.clientId(), context.round(), context.worker(), context.device()));
            return plus(cid, payload);
        });
        try (var trainer =
                mode.trainer(clients, TrainerOptions.builder().numParallels(1).build())) {
            trainer.startAtRound(4);
            trainer.localProcess(down, List.of(8, 9), Up::close);
        }
        assertThat(seen)
                .containsEntry(8, List.of(8, 4, 0, Device.CPU))
                .containsEntry(9, List.of(9, 4, 0, Device.CPU))
                .hasSize(2);
    }

    @WithoutProcesses
    void shouldFlushDenormalNumbersAsTheCallerDoesAndNotAsTheLastClientDid(ExecutionMode mode) {
        List<Boolean> seen = new ArrayList<>();
        Clients clients = new Clients((cid, payload, context) -> {
            seen.add(LibTorch.flushesDenormal());
            LibTorch.flushDenormal(cid == 0);
            return plus(cid, payload);
        });
        try (var trainer =
                mode.trainer(clients, TrainerOptions.builder().numParallels(1).build())) {
            trainer.localProcess(down, ids(2), Up::close);
            assertThat(LibTorch.flushesDenormal()).isFalse();
            LibTorch.flushDenormal(true);
            trainer.localProcess(down, List.of(1, 0, 2), Up::close);
            assertThat(LibTorch.flushesDenormal()).isTrue();
        } finally {
            LibTorch.flushDenormal(false);
        }
        assertThat(seen).containsExactly(false, false, true, true, true);
    }

    @WithoutProcesses
    void shouldRefuseToGiveAnythingOnceTheClientHasEnded(ExecutionMode mode) {
        List<WorkerContext> leaked = new ArrayList<>();
        Clients clients = new Clients((cid, payload, context) -> {
            leaked.add(context);
            context.uplinkBuffer();
            return plus(cid, payload);
        });
        try (var trainer = Clients.trainer(mode, clients)) {
            trainer.localProcess(down, List.of(3), Up::close);
            WorkerContext context = leaked.get(0);
            Map<String, ThrowingCallable> calls = Map.of(
                    "uplinkBuffer", context::uplinkBuffer,
                    "generator", () -> context.generator("x"),
                    "state", context::state,
                    "keepState", () -> context.keepState(1),
                    "get", () -> context.get("x", () -> "y"),
                    "shared", () -> context.shared("x"));
            calls.forEach((method, call) -> assertThatThrownBy(call)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("client has ended: client=3, method=" + method + "; a context is valid until the"
                            + " worker function returns: keep its results, not the context"));
            assertThat(context.clientId()).isEqualTo(3);
        }
    }

    @WithoutProcesses
    void shouldMakeAResourceOncePerWorkerAndCloseItWithTheWorker(ExecutionMode mode) {
        List<String> events = new ArrayList<>();
        Clients clients = new Clients((cid, payload, context) -> {
            AutoCloseable model = context.get("model", () -> {
                events.add("make model");
                return () -> events.add("close model");
            });
            AutoCloseable data = context.get("data", () -> {
                events.add("make data");
                return () -> events.add("close data");
            });
            assertThat(context.<AutoCloseable>get("model", () -> null))
                    .isSameAs(model)
                    .isNotSameAs(data);
            return plus(cid, payload);
        });
        try (var trainer =
                mode.trainer(clients, TrainerOptions.builder().numParallels(1).build())) {
            trainer.localProcess(down, ids(5), Up::close);
            trainer.localProcess(down, ids(5), Up::close);
            assertThat(events).containsExactly("make model", "make data");
        }
        assertThat(events).containsExactly("make model", "make data", "close data", "close model");
    }

    @WithoutProcesses
    void shouldKeepNativeResourcesOpenFromClientToClientAndFreeThemWithTheWorker(ExecutionMode mode) {
        Set<Tensor> resources = ConcurrentHashMap.newKeySet();
        Clients clients = new Clients((cid, payload, context) -> {
            try (PointerScope step = new PointerScope()) {
                Tensor resource = context.get("ones", () -> torch.ones(1).mul(torch.ones(1)));
                resources.add(resource);
                return new Up(cid, resource.add(payload.value()).retainReference());
            }
        });
        try (var trainer =
                mode.trainer(clients, TrainerOptions.builder().numParallels(1).build())) {
            trainer.localProcess(down, ids(5));

            assertThat(trainer.cache()).extracting(Up::number).containsOnly(101.);
            assertThat(resources).hasSize(1).noneMatch(tensor -> tensor.isNull());
        }
        assertThat(resources).allMatch(tensor -> tensor.isNull());
    }

    @WithoutProcesses
    void shouldTryAgainIfASupplierFailedAndRefuseNull(ExecutionMode mode) {
        AtomicInteger calls = new AtomicInteger();
        Clients clients = new Clients((cid, payload, context) -> {
            assertThatThrownBy(() -> context.get("none", () -> null))
                    .isInstanceOf(NullPointerException.class)
                    .hasMessage("resource is null: key=none; its supplier must return an object");
            assertThatThrownBy(() -> context.get("broken", () -> {
                        throw new IllegalStateException("broken " + calls.incrementAndGet());
                    }))
                    .hasMessage("broken " + calls.get());
            assertThat(context.<String>get("broken", () -> "mended")).isEqualTo("mended");
            return plus(cid, payload);
        });
        try (var trainer = Clients.trainer(mode, clients)) {
            trainer.localProcess(down, List.of(1), Up::close);
        }
        assertThat(calls).hasValue(1);
    }

    @WithoutProcesses
    void shouldRefuseResourcesAfterTheWorkerHasEnded(ExecutionMode mode) {
        AtomicReference<WorkerContext> kept = new AtomicReference<>();
        Clients clients = new Clients((cid, payload, context) -> {
            kept.set(context);
            return plus(cid, payload);
        });
        try (var trainer = Clients.trainer(mode, clients)) {
            trainer.localProcess(down, List.of(1), Up::close);
        }
        assertThatThrownBy(() -> kept.get().get("late", () -> "late"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("client has ended: client=1, method=get;");
        assertThat(kept.get().stopEvent().isSet()).isTrue();
    }

    @WithoutProcesses
    void shouldGiveTheSameGeneratorForAPurposeAndCloseItWithTheClient(ExecutionMode mode) {
        List<Generator> generators = new ArrayList<>();
        Clients clients = new Clients((cid, payload, context) -> {
            Generator shuffle;
            try (PointerScope step = new PointerScope()) {
                shuffle = context.generator("shuffle");
            }
            assertThat(shuffle.isNull()).as("lives on after the caller's scope").isFalse();
            assertThat(context.generator("shuffle")).isSameAs(shuffle);
            assertThat(context.generator("dropout")).isNotSameAs(shuffle);
            generators.add(shuffle);
            generators.add(context.generator("dropout"));
            return plus(cid, payload);
        });
        try (var trainer =
                mode.trainer(clients, TrainerOptions.builder().numParallels(1).build())) {
            trainer.localProcess(down, ids(2), Up::close);
            assertThat(generators).hasSize(4).allMatch(generator -> generator.isNull());
        }
    }

    @WithoutProcesses
    void shouldDrawTheSameInEveryModeFromSeedClientRoundAndPurpose(ExecutionMode mode) {
        List<Double> expected = draws(ExecutionMode.SINGLE_THREADED, 1, 42);

        assertThat(draws(mode, 1, 42)).isEqualTo(expected);
        assertThat(draws(mode, 2, 42)).isEqualTo(expected);
        assertThat(draws(mode, 3, 42)).isEqualTo(expected);
        assertThat(draws(mode, 2, 43)).isNotEqualTo(expected);
        assertThat(expected).hasSize(20).doesNotHaveDuplicates();
    }

    private List<Double> draws(ExecutionMode mode, int workers, long seed) {
        Clients clients = new Clients((cid, payload, context) ->
                new Up(cid, torch.rand(new long[] {1}, new GeneratorOptional(context.generator("test")))));
        List<Double> numbers = new ArrayList<>();
        TrainerOptions options =
                TrainerOptions.builder().numParallels(workers).seed(seed).build();
        try (var trainer = mode.trainer(clients, options)) {
            for (int round = 0; round < 2; round++) {
                trainer.localProcess(down, ids(10), uplink -> {
                    numbers.add(uplink.number());
                    uplink.close();
                });
            }
        }
        return numbers;
    }

    @WithoutProcesses
    void shouldMakeTheUplinkBufferOnceAndOnlyIfAskedFor(ExecutionMode mode) {
        AtomicInteger made = new AtomicInteger();
        Clients clients =
                new Clients((cid, payload, context) -> {
                    if (cid == 0) {
                        return plus(cid, payload);
                    }
                    Up buffer;
                    try (PointerScope step = new PointerScope()) {
                        buffer = context.uplinkBuffer();
                    }
                    assertThat(context.<Up>uplinkBuffer()).isSameAs(buffer);
                    buffer.value().copy_(payload.value());
                    return new Up(cid, buffer.value());
                }) {
                    @Override
                    public Up prepareUplinkPackageBuffer() {
                        made.incrementAndGet();
                        return super.prepareUplinkPackageBuffer();
                    }
                };
        try (var trainer = Clients.trainer(mode, clients)) {
            trainer.localProcess(down, ids(3));

            assertThat(made)
                    .as("one as a template, and one for each of two clients")
                    .hasValue(3);
            assertThat(trainer.cache()).extracting(Up::number).containsExactly(100., 100., 100.);
        }
    }

    @WithoutProcesses
    void shouldFreeAnUplinkBufferThatWasNotReturned(ExecutionMode mode) {
        AtomicReference<Up> buffer = new AtomicReference<>();
        Clients clients = new Clients((cid, payload, context) -> {
            buffer.set(context.uplinkBuffer());
            return plus(cid, payload);
        });
        try (var trainer = Clients.trainer(mode, clients)) {
            trainer.localProcess(down, ids(1));

            assertThat(buffer.get().value().isNull()).isTrue();
        }
    }

    @WithoutProcesses
    void shouldNameWhatWasSharedIfANameIsUnknown(ExecutionMode mode) {
        Clients clients = new Clients((cid, payload, context) -> {
            assertThatThrownBy(() -> context.shared("labels"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("nothing shared: name=labels, expected=[data, more]; call trainer.share(name, tensor)"
                            + " before the round");
            return plus(cid, payload);
        });
        try (var trainer = Clients.trainer(mode, clients)) {
            trainer.share("more", down.value());
            trainer.share("data", down.value());
            trainer.localProcess(down, ids(1));

            assertThat(trainer.cache()).hasSize(1);
        }
    }

    @WithoutProcesses
    void shouldFreeWhatASloppyClientLeaves(ExecutionMode mode) {
        Clients clients = new Clients((cid, payload, context) -> {
            Up uplink = plus(cid, payload);
            PointerScope forgotten = new PointerScope();
            Tensor sum = torch.zeros(1);
            for (int i = 0; i < 50; i++) {
                sum = sum.add(payload.value());
            }
            assertThat(PointerScope.getInnerScope()).isSameAs(forgotten);
            return uplink;
        });
        try (var trainer = Clients.trainer(mode, clients)) {
            trainer.localProcess(down, ids(4), Up::close);
            long before = Pointer.totalCount();
            for (int round = 0; round < 5; round++) {
                trainer.localProcess(down, ids(20), Up::close);
            }
            assertThat(Pointer.totalCount() - before).isLessThan(50);
        }
        assertThat(PointerScope.getInnerScope()).isNull();
    }

    @WithoutProcesses
    void shouldFreeWhatAFailedClientMade(ExecutionMode mode) {
        AtomicReference<Tensor> made = new AtomicReference<>();
        Clients clients = new Clients((cid, payload, context) -> {
            made.set(torch.ones(1));
            throw new IllegalStateException("broken");
        });
        try (var trainer = Clients.trainer(mode, clients)) {
            assertThatThrownBy(() -> trainer.localProcess(down, ids(1))).hasMessageContaining("broken");

            assertThat(made.get().isNull()).isTrue();
        }
    }

    @WithoutProcesses
    void shouldTrainWithGradientsInAnyModeOfTheCaller(ExecutionMode mode) {
        Set<Boolean> enabled = ConcurrentHashMap.newKeySet();
        Clients clients = new Clients((cid, payload, context) -> {
            enabled.add(GradMode.is_enabled());
            GradMode.set_enabled(false);
            return plus(cid, payload);
        });
        boolean before = GradMode.is_enabled();
        try (var trainer = Clients.trainer(mode, clients)) {
            GradMode.set_enabled(false);
            trainer.localProcess(down, ids(10), Up::close);
            assertThat(GradMode.is_enabled()).isFalse();
        } finally {
            GradMode.set_enabled(before);
        }
        assertThat(enabled).containsExactly(true);
    }
}
