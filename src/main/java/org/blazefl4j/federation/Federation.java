package org.blazefl4j.federation;

import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.util.Arguments;
import org.jspecify.annotations.Nullable;

/**
 * A federated algorithm, composed of parts. It begins as federated averaging; each method returns a copy with one other
 * part.
 *
 * <pre>{@code
 * var federation = Federation.of(models, ModelName.CNN, data, ServerOptions.of(100, 1000).withSampleRatio(0.1))
 *         .local(LocalOptions.of(new SgdOptions(5, 50, 0.01)).withMaxGradNorm(10))
 *         .with(Algorithms.fedProx(0.01))
 *         .uplink(Transforms.clipNorm(1))
 *         .serverOptimizer(ServerOptimizers.yogi(0.01));
 * try (var handler = federation.handler();
 *         var trainer = mode.trainer(federation.clients(), TrainerOptions.defaults())) {
 *     new Simulation<>(handler, trainer).run();
 * }
 * }</pre>
 *
 * <p>A part at its neutral setting is not there: it takes no time, and the bits are those without it. Owns nothing; the
 * data stays the caller's, and open while handler and clients are used.
 */
public final class Federation implements Cloneable {

    private final SelectedModel<?> model;
    private final PartitionedDataset<PartitionType> dataset;
    private final ServerOptions server;
    private LocalOptions local = LocalOptions.of(SgdOptions.defaults());
    private LocalObjective objective = LocalObjective.CROSS_ENTROPY;
    private ParameterMask personal = ParameterMask.NONE;
    private List<UpdateTransform> uplink = List.of();
    private Aggregation aggregation = Aggregation.mean(Weighting.BY_SAMPLES);
    private List<AggregateTransform> transforms = List.of();
    private ServerOptimizer optimizer = ServerOptimizer.REPLACE;
    private @Nullable ClientSampler sampler;

    private Federation(SelectedModel<?> model, PartitionedDataset<PartitionType> dataset, ServerOptions server) {
        this.model = model;
        this.dataset = Objects.requireNonNull(dataset, "dataset");
        this.server = Objects.requireNonNull(server, "server");
    }

    /**
     * Returns federated averaging with the default local options.
     *
     * @param selector makes the model; crosses into worker processes, so it is best a record
     * @param dataset holds each client's samples as {@link PartitionType#TRAIN} and the common samples to evaluate on
     *     as {@link PartitionType#TEST}
     */
    public static <N extends Enum<N>> Federation of(
            ModelSelector<N> selector, N modelName, PartitionedDataset<PartitionType> dataset, ServerOptions server) {
        return of(new SelectedModel<>(selector, modelName), dataset, server);
    }

    /** Returns federated averaging of a model likewise. */
    public static Federation of(
            SelectedModel<?> model, PartitionedDataset<PartitionType> dataset, ServerOptions server) {
        return new Federation(Objects.requireNonNull(model, "model"), dataset, server);
    }

    private Federation copy(Consumer<Federation> change) {
        try {
            Federation copy = (Federation) clone();
            change.accept(copy);
            return copy;
        } catch (CloneNotSupportedException e) {
            throw new AssertionError(e);
        }
    }

    /** Returns a copy with several other parts, such as those of an algorithm. */
    public Federation with(UnaryOperator<Federation> algorithm) {
        return algorithm.apply(this);
    }

    /** Sets how clients train. */
    public Federation local(LocalOptions options) {
        return copy(copy -> copy.local = options);
    }

    /** Sets how clients train, by plain SGD. */
    public Federation local(SgdOptions options) {
        return local(LocalOptions.of(options));
    }

    /** Sets what clients minimise, keep and send. */
    public Federation objective(LocalObjective objective) {
        return copy(copy -> copy.objective = objective);
    }

    /**
     * Sets what clients keep to themselves, instead of what was set before: those parameters (or buffers) stay with
     * each client from round to round, and the server's stay as they were at first.
     */
    public Federation personal(ParameterMask parameters) {
        return copy(copy -> copy.personal = parameters);
    }

    /** Sets what changes clients' updates before they are sent, in this order. */
    public Federation uplink(UpdateTransform... transforms) {
        return copy(copy -> copy.uplink = without(UpdateTransform.NONE, List.of(transforms)));
    }

    private static <T> List<T> without(T none, List<T> transforms) {
        return transforms.stream().filter(transform -> !transform.equals(none)).toList();
    }

    /** Sets how the server combines clients' packages. */
    public Federation aggregation(Aggregation aggregation) {
        return copy(copy -> copy.aggregation = aggregation);
    }

    /** Sets how clients weigh in their mean, which becomes the aggregation. */
    public Federation weighting(Weighting weighting) {
        return aggregation(Aggregation.mean(weighting));
    }

    /** Sets what changes the combined update before the server uses it, in this order. */
    public Federation aggregate(AggregateTransform... transforms) {
        return copy(copy -> copy.transforms = without(AggregateTransform.NONE, List.of(transforms)));
    }

    /** Sets how the server moves its model. */
    public Federation serverOptimizer(ServerOptimizer optimizer) {
        return copy(copy -> copy.optimizer = optimizer);
    }

    /** Sets who takes part in each round. A sampler that keeps something serves one handler. */
    public Federation sampler(ClientSampler sampler) {
        return copy(copy -> copy.sampler = sampler);
    }

    /**
     * Makes the server, before its first round.
     *
     * @throws IllegalArgumentException if there are no test samples, the model does not fit them or lacks what clients
     *     keep to themselves, or the CUDA device does not exist; or if some parts of an algorithm were replaced, which
     *     belong together
     */
    public FederationServer<ModelBroadcast, ModelUpdate> handler() {
        return new FederationServer<>(this, Function.identity());
    }

    /**
     * Makes the clients.
     *
     * @throws IllegalArgumentException if a client has no samples, or the model takes other samples or fails on them,
     *     or parts do not belong together, as in {@link #handler()}
     */
    public FederationClients clients() {
        return clients(server.numClients());
    }

    /**
     * Makes more clients than the server draws from. The last ones never train, but can be evaluated.
     *
     * @param numClients their number; their ids are 0, 1, ...
     * @throws IllegalArgumentException as {@link #clients()}, or if the server draws from more
     */
    public FederationClients clients(int numClients) {
        Arguments.require(
                numClients >= server.numClients(),
                "too few clients: num_clients=" + numClients + ", limit=" + server.numClients()
                        + " or more, from which the server draws");
        return new FederationClients(this, numClients);
    }

    /** Returns this federation if its parts belong together. */
    Federation checked() {
        Stream.of(objective, aggregation, optimizer, sampler)
                .filter(Objects::nonNull)
                .forEach(part -> part.check(this));
        return this;
    }

    /** Returns the model that is trained. */
    public SelectedModel<?> model() {
        return model;
    }

    /** Returns the data. */
    public PartitionedDataset<PartitionType> dataset() {
        return dataset;
    }

    /** Returns how the server runs the federation. */
    public ServerOptions server() {
        return server;
    }

    /** Returns how clients train. */
    public LocalOptions local() {
        return local;
    }

    /** Returns what clients minimise, keep and send. */
    public LocalObjective objective() {
        return objective;
    }

    /** Returns what clients keep to themselves. */
    public ParameterMask personal() {
        return personal;
    }

    FederationClients.Parts clientParts() {
        boolean reported = sampler != null && sampler.needsLosses();
        return new FederationClients.Parts(reported ? new LossReport(objective) : objective, personal, uplink);
    }

    /** Returns how the server combines clients' packages. */
    public Aggregation aggregation() {
        return aggregation;
    }

    List<AggregateTransform> transforms() {
        return transforms;
    }

    /** Returns how the server moves its model. */
    public ServerOptimizer optimizer() {
        return optimizer;
    }

    @Nullable
    ClientSampler sampler() {
        return sampler;
    }
}
