package org.blazefl4j.federation;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.MemoryCheckpoint;
import org.blazefl4j.core.ClientEvaluator;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.trainer.AbstractClientTrainer;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A composed server and its clients, round by round in one thread, and what they keep. */
public final class SteppedRun implements AutoCloseable {

    private final int clients;
    private final FederationServer<ModelBroadcast, ModelUpdate> handler;
    private final AbstractClientTrainer<ClientConfig, ModelBroadcast, ModelUpdate> trainer;

    public SteppedRun(Federation federation) {
        clients = federation.server().numClients();
        handler = federation.handler();
        trainer = ExecutionMode.SINGLE_THREADED.trainer(federation.clients(), TrainerOptions.defaults());
    }

    public FederationServer<ModelBroadcast, ModelUpdate> handler() {
        return handler;
    }

    /** Runs a round in which some of the clients send nothing. Returns the ones that did. */
    public List<Integer> round(Integer... silent) {
        List<Integer> cids = new ArrayList<>(handler.sampleClients());
        List<Integer> dropped = new ArrayList<>(Arrays.asList(silent));
        dropped.retainAll(cids);
        cids.removeAll(dropped);
        dropped.forEach(handler::drop);
        if (!cids.isEmpty()) {
            trainer.localProcess(handler.downlinkPackage(), cids, this::load);
        }
        return cids;
    }

    private void load(ModelUpdate update) {
        try (update) {
            handler.load(update);
        }
    }

    /** Trains a round's clients, loads all packages but the last, and then gives the round up. */
    public void failRound() {
        List<Integer> cids = handler.sampleClients();
        try {
            trainer.localProcess(handler.downlinkPackage(), cids, update -> {
                if (update.cid() == cids.get(cids.size() - 1)) {
                    throw new IllegalStateException("planned");
                }
                load(update);
            });
        } catch (IllegalStateException planned) {
            handler.restartRound();
        }
    }

    /** Saves the run in a folder, and returns another one that continues it. */
    public SteppedRun resumed(Federation federation, Path folder) {
        SteppedRun next = new SteppedRun(federation);
        try (Checkpoints saved = checkpoints(folder)) {
            saved.startAnew();
            saved.save(handler.round());
        }
        try (Checkpoints saved = next.checkpoints(folder)) {
            saved.resume().orElseThrow();
            return next;
        } catch (RuntimeException e) {
            next.close();
            throw e;
        }
    }

    private Checkpoints checkpoints(Path folder) {
        return Checkpoints.in(folder).add("handler", handler).add("trainer", trainer);
    }

    /** Returns the model that clients receive next. */
    public double[] model() {
        return doubles(handler.downlinkPackage().parameters());
    }

    /** Returns the model that clients are evaluated with. */
    public double[] evaluated() {
        return doubles(handler.evaluationPackage().parameters());
    }

    /** Returns what the server's optimizer keeps. */
    public double[] kept(int index) {
        MemoryCheckpoint saved = new MemoryCheckpoint();
        handler.save(saved);
        return doubles(saved.get("server optimizer " + index, Tensor.class));
    }

    /** Returns a vector that clients keep, by client; empty for one that has kept none. */
    public double[][] ofClients(String name) {
        List<Integer> all = new ArrayList<>();
        for (int cid = 0; cid < clients; cid++) {
            all.add(cid);
        }
        return trainer.evaluate(handler.downlinkPackage(), all, new Kept(name)).toArray(double[][]::new);
    }

    /** Returns what tells apart all that each client keeps; an empty text for one that keeps nothing. */
    public List<String> kept() {
        List<Integer> all = IntStream.range(0, clients).boxed().toList();
        return trainer.evaluate(handler.downlinkPackage(), all, new FederationRuns.KeptHashes());
    }

    private record Kept(String name) implements ClientEvaluator<ClientConfig, ModelBroadcast, double[]> {

        @Override
        public double[] evaluate(ClientConfig config, ModelBroadcast payload, WorkerContext context) {
            return new ClientMemory(context)
                    .vector(name)
                    .map(SteppedRun::doubles)
                    .orElse(new double[0]);
        }
    }

    private static double[] doubles(Tensor tensor) {
        double[] values = new double[(int) tensor.numel()];
        try (Tensor dense = tensor.toType(ScalarType.Double).contiguous()) {
            new DoublePointer(dense.data_ptr()).get(values);
        }
        return values;
    }

    @Override
    public void close() {
        try (handler) {
            trainer.close();
        }
    }
}
