package org.blazefl4j.federation;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.contrib.common.LocalModel;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.SgdClients;
import org.blazefl4j.core.ClientEvaluator;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.torch.FlatRanges;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The clients of a composed algorithm; made by {@link Federation#clients()}.
 *
 * <p>A client draws from these random streams: {@code shuffle} for the order of samples, {@code augment} for random
 * transforms, {@code loss-augment} for those of samples whose loss is asked for, {@code dropout} for the model,
 * {@code straggler} for the amount of work, and those of its parts.
 */
public final class FederationClients extends SgdClients<ModelBroadcast, ModelUpdate> {

    /** What clients do, apart from samples and options. Crosses into worker processes. */
    record Parts(LocalObjective objective, ParameterMask personal, List<UpdateTransform> uplink) {

        static final Parts PLAIN = new Parts(LocalObjective.CROSS_ENTROPY, ParameterMask.NONE, List.of());

        boolean acceptDeviceTensors() {
            return objective.acceptsDeviceTensors()
                    && objective.vectors() == 0
                    && personal.equals(ParameterMask.NONE)
                    && uplink.isEmpty();
        }
    }

    private final Parts parts;
    private final boolean onDevices;

    FederationClients(Federation federation, int numClients) {
        super(federation.checked().model(), federation.dataset(), numClients, federation.local());
        this.parts = federation.clientParts();
        this.onDevices = parts.acceptDeviceTensors() && federation.aggregation().acceptsDeviceTensors();
    }

    @Override
    public ClientWorker<ClientConfig, ModelBroadcast, ModelUpdate> worker() {
        Parts crossing = parts; // so that the lambda, which crosses into worker processes, does not capture this
        return (config, payload, context) ->
                train(crossing, config, payload, context.<ModelUpdate>uplinkBuffer(), context);
    }

    /**
     * Returns the evaluator of the model that clients of any algorithm receive, each on its own samples of a type, for
     * {@link org.blazefl4j.core.ClientTrainer#evaluate} with {@link #clientsWith} these.
     */
    public static ClientEvaluator<ClientConfig, ModelDownlink, Evaluation> evaluator(PartitionType type) {
        return (config, payload, context) -> LocalModel.evaluate(config, type, payload.parameters(), context);
    }

    /**
     * Returns the evaluator of the model that each client would use itself: the received one with the client's own
     * parts, or what {@link LocalObjective#personalise} makes of it.
     */
    public ClientEvaluator<ClientConfig, ModelDownlink, Evaluation> personalEvaluator(PartitionType type) {
        Parts crossing = parts;
        return (config, payload, context) -> {
            try (Tensor own = newVector(payload, context);
                    ClientMemory memory =
                            personalise(crossing, config, payload, own, context).memory()) {
                return LocalModel.evaluate(config, type, own, context);
            }
        };
    }

    /**
     * Returns the evaluator of that model after further training on the client's training samples, by its random
     * streams for evaluations.
     *
     * @param options how to train
     * @throws IllegalArgumentException if they keep the optimizer's state, because evaluations keep nothing
     */
    public ClientEvaluator<ClientConfig, ModelDownlink, Evaluation> fineTunedEvaluator(
            PartitionType type, LocalOptions options) {
        Arguments.require(
                !options.keepState(),
                "optimizer keeps its state: keep_state=true, expected=false; evaluations keep nothing");
        Parts crossing = parts;
        return (config, payload, context) -> {
            try (Tensor own = newVector(payload, context)) {
                LocalRun run = personalise(crossing, config, payload, own, context);
                try (ClientMemory memory = run.memory()) {
                    run.training().options(options).from(own).to(own).run();
                    return LocalModel.evaluate(config, type, own, context);
                }
            }
        };
    }

    /** Returns a new vector for a client's model, where its training can write to it. */
    private static Tensor newVector(ModelDownlink payload, WorkerContext context) {
        Tensor received = payload.parameters();
        return context.device().isCpu() ? torch.empty(received.numel()) : torch.empty_like(received);
    }

    /** Writes a client's own model. */
    static LocalRun personalise(
            Parts parts, ClientConfig config, ModelDownlink payload, Tensor own, WorkerContext context) {
        ModelUpdate scratch = new ModelUpdate(context.clientId(), own, false, 0, List.of(), Map.of(), Map.of());
        LocalRun run = new LocalRun(config, payload, context, scratch, parts.personal());
        parts.objective().personalise(run);
        return run;
    }

    @Override
    public ModelUpdate prepareUplinkPackageBuffer() {
        List<Tensor> vectors = new ArrayList<>(); // a stream would take longer, for each client
        for (int i = 0; i < parts.objective().vectors(); i++) {
            vectors.add(torch.empty(numel()));
        }
        return new ModelUpdate(0, torch.empty(numel()), false, 0, vectors, Map.of(), Map.of());
    }

    /**
     * {@inheritDoc} True if objective and aggregation do, nothing of the model is personal and nothing is done to
     * updates before they are sent; otherwise clients on devices copy their models to the CPU.
     */
    @Override
    public boolean acceptsDeviceTensors() {
        return onDevices;
    }

    /**
     * Trains one client in the uplink buffer, for clients with packages of their own.
     *
     * @param buffer receives the client's model and vectors
     * @return the result in the buffer's tensors
     */
    public static ModelUpdate train(
            LocalObjective objective,
            ClientConfig config,
            ModelDownlink payload,
            ModelUplink buffer,
            WorkerContext context) {
        return train(new Parts(objective, ParameterMask.NONE, List.of()), config, payload, buffer, context);
    }

    static ModelUpdate train(
            Parts parts, ClientConfig config, ModelDownlink payload, ModelUplink buffer, WorkerContext context) {
        long start = System.nanoTime();
        LocalRun run = new LocalRun(config, payload, context, buffer, parts.personal());
        try (ClientMemory memory = run.memory()) {
            parts.objective().train(run);
            run.keepPersonalParts();
            if (!parts.uplink().isEmpty()) {
                transform(parts.uplink(), run);
            }
            memory.commit();
        }
        return new ModelUpdate(
                context.clientId(),
                run.result(),
                !parts.uplink().isEmpty(),
                config.dataset().size(),
                run.vectors(),
                run.numbers(),
                metadata(context, start));
    }

    /** Makes the result the model's change, transformed except where it is fixed. */
    private static void transform(List<UpdateTransform> transforms, LocalRun run) {
        Tensor change = run.result().sub_(run.base());
        FlatRanges fixed = run.fixed();
        try (Tensor kept = fixed.gather(change)) {
            fixed.zero(change);
            transforms.forEach(transform -> transform.apply(change, run));
            fixed.scatter(kept, change);
        }
    }
}
