package org.blazefl4j.federation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.blazefl4j.torch.Elements.floats;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientEvaluator;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Runs composed algorithms on tiny data. */
public final class FederationRuns {

    public static final int CLIENTS = 6;

    private FederationRuns() {}

    /** Returns federated averaging of so many rounds, in each of which four of six clients train for two epochs. */
    public static Federation fedAvg(Tiny model, TinyData data, int rounds) {
        return fedAvg(model, data, rounds, CLIENTS);
    }

    /** Returns federated averaging of so many rounds, in each of which 0.7 of so many clients train for two epochs. */
    public static Federation fedAvg(Tiny model, TinyData data, int rounds, int clients) {
        return Federation.of(
                        new Tiny.Selector(1),
                        model,
                        data.partitions(),
                        ServerOptions.of(rounds, clients).withSampleRatio(0.7))
                .local(new SgdOptions(2, 4, 0.05));
    }

    /** Runs all rounds serially; returns the SHA-256 of the server's model after each. */
    public static List<String> hashes(Federation federation) {
        return hashes(federation, ExecutionMode.SINGLE_THREADED, 1);
    }

    /** Runs all rounds; returns the SHA-256 of the server's model after each. */
    public static List<String> hashes(Federation federation, ExecutionMode mode, int workers) {
        TrainerOptions options = TrainerOptions.builder().numParallels(workers).build();
        try (var handler = federation.handler();
                var trainer = mode.trainer(federation.clients(), options)) {
            Hashes hashes = new Hashes();
            new Simulation<>(handler, trainer).addListener(hashes).run();
            return hashes.list;
        }
    }

    /** The SHA-256 of a server's model after each round, and of each vector that each client keeps at the end. */
    public record Run(List<String> hashes, List<String> kept) {}

    /** Runs the rounds that the checkpoint in a folder has not seen, and saves one; returns their hashes. */
    public static List<String> resumed(Federation federation, Path folder) {
        return resumed(federation, folder, ExecutionMode.SINGLE_THREADED, 1);
    }

    /** Runs such rounds in a mode. */
    public static List<String> resumed(Federation federation, Path folder, ExecutionMode mode, int workers) {
        TrainerOptions options = TrainerOptions.builder().numParallels(workers).build();
        return resumed(federation, federation.clients(), folder, mode, options).hashes();
    }

    /** Runs such rounds with these clients. */
    public static Run resumed(
            Federation federation,
            ClientAlgorithm<ClientConfig, ModelBroadcast, ModelUpdate> clients,
            Path folder,
            ExecutionMode mode,
            TrainerOptions options) {
        try (var handler = federation.handler();
                var trainer = mode.trainer(clients, options);
                Checkpoints checkpoints = Checkpoints.in(folder)
                        .every(100)
                        .add("handler", handler)
                        .add("trainer", trainer)) {
            checkpoints.resume();
            Hashes hashes = new Hashes();
            new Simulation<>(handler, trainer)
                    .addListener(hashes)
                    .addListener(checkpoints)
                    .run();
            return new Run(hashes.list, trainer.evaluate(handler.downlinkPackage(), all(federation), new KeptHashes()));
        }
    }

    static List<Integer> all(Federation federation) {
        return IntStream.range(0, federation.server().numClients()).boxed().toList();
    }

    /** Returns the SHA-256 of each vector that a client keeps, by name; an empty text if it keeps nothing. */
    record KeptHashes() implements ClientEvaluator<ClientConfig, ModelBroadcast, String> {

        @Override
        public String evaluate(ClientConfig config, ModelBroadcast payload, WorkerContext context) {
            return context.state(ClientMemory.State.class)
                    .map(state -> new TreeMap<>(state.numbers())
                            + state.vectors().entrySet().stream()
                                    .sorted(Map.Entry.comparingByKey())
                                    .map(vector -> vector.getKey() + "=" + Tensors.sha256(vector.getValue()))
                                    .collect(Collectors.joining(", ")))
                    .orElse("");
        }
    }

    /** Runs all rounds serially; returns the server's model at the end. */
    public static float[] model(Federation federation) {
        try (var handler = federation.handler();
                var trainer = ExecutionMode.SINGLE_THREADED.trainer(federation.clients(), TrainerOptions.defaults())) {
            new Simulation<>(handler, trainer).run();
            return floats(handler.downlinkPackage().parameters());
        }
    }

    /** Runs all rounds serially; returns each client's own model at the end. */
    public static float[][] own(Federation federation) {
        return own(federation, ExecutionMode.SINGLE_THREADED, 1);
    }

    /** Runs all rounds; returns each client's own model at the end. */
    public static float[][] own(Federation federation, ExecutionMode mode, int workers) {
        TrainerOptions options = TrainerOptions.builder().numParallels(workers).build();
        try (var handler = federation.handler();
                var trainer = mode.trainer(federation.clients(), options)) {
            new Simulation<>(handler, trainer).run();
            return own(federation, trainer, handler.downlinkPackage());
        }
    }

    /** Returns each client's own model after the rounds that a checkpoint in a folder has seen. */
    public static float[][] resumedOwn(Federation federation, Path folder) {
        try (var handler = federation.handler();
                var trainer = ExecutionMode.SINGLE_THREADED.trainer(federation.clients(), TrainerOptions.defaults());
                Checkpoints checkpoints =
                        Checkpoints.in(folder).add("handler", handler).add("trainer", trainer)) {
            checkpoints.resume();
            return own(federation, trainer, handler.downlinkPackage());
        }
    }

    private static float[][] own(
            Federation federation, ClientTrainer<ModelBroadcast, ModelUpdate> trainer, ModelBroadcast payload) {
        FederationClients.Parts parts = federation.clientParts();
        ClientEvaluator<ClientConfig, ModelBroadcast, float[]> evaluator = (config, received, context) -> {
            try (Tensor own = torch.empty_like(received.parameters())) {
                FederationClients.personalise(parts, config, received, own, context);
                return floats(own);
            }
        };
        return trainer.evaluate(payload, all(federation), evaluator).toArray(float[][]::new);
    }

    /** Returns the server's model before the first round. */
    public static float[] initial(Federation federation) {
        try (var handler = federation.handler()) {
            return floats(handler.downlinkPackage().parameters());
        }
    }

    /**
     * Asserts that models differ by one unit in the last place at most. Rounding to floats is relative to the model
     * before the round, where a large change brings it near zero.
     */
    public static void assertOneUnitApart(float[] found, float[] expected, float[] before) {
        for (int i = 0; i < expected.length; i++) {
            double ulp = Math.ulp(Math.max(Math.abs(before[i]), Math.abs(expected[i])));
            assertThat(Math.abs((double) found[i] - expected[i]))
                    .as("element %d", i)
                    .isLessThanOrEqualTo(ulp);
        }
    }

    private static final class Hashes implements RoundListener<Object> {

        private final List<String> list = new ArrayList<>();

        @Override
        public void roundFinished(RoundReport report) {
            list.add((String) report.summary().get("sha256"));
        }
    }
}
