package org.blazefl4j.federation;

import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.contrib.common.LocalModel;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.data.Batch;
import org.blazefl4j.model.Model;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.FlatRanges;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * One client's work in one round, as its {@link LocalObjective} sees it: what it has received, what it has kept, and
 * what it sends. All vectors are float32, shape [numel], on the CPU; an objective that
 * {@linkplain LocalObjective#acceptsDeviceTensors accepts it} may find start and result on the client's device. The
 * server's model is copied if it lies on another one.
 *
 * <p>Tensors that the objective makes belong to the round: they are freed when the client ends. Used by one thread.
 */
public final class LocalRun {

    /** The name under which the client's own parts of the model are kept. */
    private static final String PERSONAL = "personal";

    private final ClientConfig config;
    private final ModelDownlink received;
    private final WorkerContext context;
    private final ModelUplink buffer;
    private final LocalModel model;
    private final ClientMemory memory;
    private final ParameterMask mask;
    private final FlatRanges personal;
    private Tensor base;
    private Tensor start;
    private final Map<Tensor, Evaluation> startEvaluations = new IdentityHashMap<>();
    private final Map<String, Double> numbers = new LinkedHashMap<>();

    LocalRun(
            ClientConfig config,
            ModelDownlink received,
            WorkerContext context,
            ModelUplink buffer,
            ParameterMask mask) {
        this.config = config;
        this.received = received;
        this.context = context;
        this.buffer = buffer;
        this.model = LocalModel.of(config.model(), context);
        this.memory = new ClientMemory(context);
        this.mask = mask;
        this.personal = ranges(mask);
        this.base = reachable(received.parameters());
        this.start = startOf(base);
    }

    /** Returns a vector that a server sent: itself, unless it is on a device that is not the client's. */
    private Tensor reachable(Tensor vector) {
        return vector.is_cpu() ? vector : vector.to(context.device().toTorch(), Tensors.type(vector));
    }

    /** Returns the received model with the client's own parts, which take no copy if there are none. */
    private Tensor startOf(Tensor global) {
        Optional<Tensor> own = personal.isEmpty() ? Optional.empty() : kept(PERSONAL);
        return own.map(parts -> {
                    Tensor joined = global.clone();
                    personal.scatter(parts, joined);
                    return joined;
                })
                .orElse(global);
    }

    /** Keeps the client's own parts of the result, and puts the received ones there, so that they are not sent. */
    void keepPersonalParts() {
        if (!personal.isEmpty()) {
            memory.adopt(PERSONAL, personal.gather(result()));
            personal.copy(base, result());
        }
    }

    /** Returns the client. */
    public int cid() {
        return context.clientId();
    }

    /** Returns the round, from 0. */
    public int round() {
        return context.round();
    }

    /** Returns the worker's side of the round: streams, device, kept resources. */
    public WorkerContext context() {
        return context;
    }

    /** Returns the client's samples and options. */
    public ClientConfig config() {
        return config;
    }

    /** Returns how the client trains. */
    public LocalOptions options() {
        return config.options();
    }

    /** Returns the worker's copy of the model, which trainings use. */
    public LocalModel model() {
        return model;
    }

    /** Returns the package from the server. */
    public ModelDownlink received() {
        return received;
    }

    /** Returns the model to start from, read-only: the received one, with the client's own parts if it has some. */
    public Tensor start() {
        return start;
    }

    /**
     * Starts from another model that the server sent than {@link ModelDownlink#parameters()}. What the client sends is
     * then a change of this one.
     *
     * @param model one of {@link ModelDownlink#vectors()}
     */
    public void startFrom(Tensor model) {
        if (model != base) {
            base = model;
            start = startOf(model);
        }
    }

    /** Returns the received model that the client's change is relative to. */
    Tensor base() {
        return base;
    }

    /** Returns a new vector with the model that all began with, before the first round: it is made anew. */
    public Tensor initial() {
        try (Model fresh = config.model().make(Device.CPU);
                FlatParameters state = FlatParameters.of(fresh)) {
            return state.flatten();
        }
    }

    /** Returns the vector to write the client's model to, undefined at first. */
    public Tensor result() {
        return buffer.parameters();
    }

    /** Returns a vector to send besides the model, undefined at first. */
    public Tensor sent(int index) {
        return buffer.vectors().get(index);
    }

    /** Sends a number. */
    public void send(String name, double value) {
        numbers.put(name, value);
    }

    /** Returns the numbers to send. */
    Map<String, Double> numbers() {
        return numbers;
    }

    /** Returns a new vector with undefined contents. */
    public Tensor newVector() {
        return torch.empty_like(start);
    }

    /**
     * Returns the mean loss of the client's training samples. Random transforms are the same at each call in a round,
     * in which the loss of {@link #start()} is computed once.
     *
     * @param at the model to evaluate
     */
    public double loss(Tensor at) {
        return evaluation(at).loss();
    }

    /** Returns all that {@link #loss} is a part of. */
    Evaluation evaluation(Tensor at) {
        return at == start ? startEvaluations.computeIfAbsent(at, this::evaluate) : evaluate(at);
    }

    private Evaluation evaluate(Tensor at) {
        return LocalModel.evaluate(config, PartitionType.TRAIN, at, context);
    }

    /**
     * Returns the gradient of {@link #loss}, in a new vector: in evaluation mode like it, so without dropout, and by
     * BatchNorm's running statistics.
     */
    public Tensor gradient(Tensor at) {
        Tensor gradient = newVector();
        model.gradient(config, at, gradient, context);
        return gradient;
    }

    /** Returns a vector that the client has kept, read-only. */
    public Optional<Tensor> kept(String name) {
        return memory.vector(name);
    }

    /** Returns a number that the client has kept. */
    public Optional<Double> keptNumber(String name) {
        return memory.number(name);
    }

    /** Keeps a vector for the client's next round, if the server accepts its package. */
    public void keep(String name, Tensor vector) {
        memory.keep(name, vector);
    }

    /** Keeps a number likewise. */
    public void keep(String name, double number) {
        memory.keep(name, number);
    }

    /** Returns further batches of the client's training samples, from streams with a prefix. The caller closes them. */
    public LocalBatches batches(String streams) {
        return new LocalBatches(
                options()
                        .loader(
                                config.dataset(),
                                context.stream(streams + "shuffle"),
                                context.generator(streams + "augment")),
                context);
    }

    /**
     * Computes the gradient of the cross-entropy of a batch, on a further copy of the worker's model, so that a
     * training may go on meanwhile. Vectors may be on any device.
     *
     * @param at where; its buffers change as in a step of a training
     * @param batch on the client's device
     * @param streams the prefix of the name of the stream {@code dropout}
     * @param gradient receives the gradient, zero at buffers and frozen parameters
     */
    public void gradient(Tensor at, Batch batch, String streams, Tensor gradient) {
        GradientModel.of(config.model(), context)
                .gradient(at, batch, () -> context.stream(streams + "dropout"), gradient);
    }

    /** Returns a vector on the client's device: itself if it is there. */
    public Tensor onDevice(Tensor flat) {
        Device device = context.device();
        return device.isCpu() ? flat : flat.to(device.toTorch(), Tensors.type(flat));
    }

    /** Returns a training, by default from {@link #start()} to {@link #result()} as {@link #options()} say. */
    public LocalTraining training() {
        return new LocalTraining(this);
    }

    /**
     * Zeroes a vector at what clients do not move the server's model by: buffers, frozen parameters, and the parts that
     * they keep to themselves. What clients and server both sum over rounds must be zero there.
     */
    public void zeroFixed(Tensor flat) {
        fixed().zero(flat);
    }

    FlatRanges fixed() {
        return mask.equals(ParameterMask.NONE) ? model.fixed() : model.fixed(mask.of(model.names())::contains);
    }

    /**
     * Returns a further copy of the model with some state, such as the received one, in evaluation mode and without
     * gradients.
     *
     * @param name of the copy, of which a worker has one for each name; another call changes its state
     * @param state float32, shape [numel]; stays the caller's
     */
    public Model frozen(String name, Tensor state) {
        return FrozenModel.of(name, config.model(), context).with(state);
    }

    /** Returns the elements that a mask covers. */
    FlatRanges ranges(ParameterMask mask) {
        return mask.equals(ParameterMask.NONE) ? FlatRanges.NONE : model.named(mask.of(model.names())::contains);
    }

    ClientMemory memory() {
        return memory;
    }

    List<Tensor> vectors() {
        return buffer.vectors();
    }
}
