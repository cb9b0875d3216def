package org.blazefl4j.federation;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.common.AbstractServerHandler;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.contrib.common.GlobalModel;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.PackageSum;
import org.blazefl4j.core.Workers;
import org.blazefl4j.modelfile.StateDict;
import org.blazefl4j.torch.FlatRanges;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.util.ResourceStack;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The server of a composed algorithm; made by {@link Federation#handler()}. Each round it combines the clients'
 * packages, transforms the combined update and moves its model by it. Memory does not grow with the number of clients.
 *
 * <p>The model is on the CPU, but for one case: it is no more than the mean of models that all lie on one CUDA device.
 * Then it stays there, and clients of the next round find it there. A server optimizer, an aggregate transform and any
 * aggregation but the plain mean need it on the CPU; packages and the sum may lie on a device nevertheless.
 *
 * <p>Owns the global model, what its parts keep and the packages that {@link #downlinkPackage()} returns; the data
 * stays the caller's.
 *
 * @param <D> the downlink package, server to client
 * @param <U> the uplink package, client to server
 */
public class FederationServer<D, U extends ModelUplink> extends AbstractServerHandler<D, U> {

    private static final Logger LOGGER = System.getLogger(FederationServer.class.getName());
    private static final String PARTS = "parts";

    private final ServerOptions options;
    private final Federation federation;
    private final List<AggregateTransform> transforms;
    private final ServerOptimizer optimizer;
    /** Buffers, frozen parameters, and what clients keep to themselves. */
    private final FlatRanges fixed;

    private final ResourceStack owned = new ResourceStack();
    private final Aggregation.Aggregator aggregator;
    private final List<Tensor> kept;
    private final Function<ModelBroadcast, D> downlink;
    private final @Nullable ClientSampler sampler;
    /** The numbers of the clients whose packages were added, by client. */
    private final SortedMap<Integer, Map<String, Double>> numbers = new TreeMap<>();

    /**
     * Makes a server before its first round.
     *
     * @param downlink makes what clients receive; the package owns the tensors
     * @throws IllegalArgumentException if there are no test samples, the model does not fit them or lacks what clients
     *     keep to themselves, or the CUDA device does not exist; if parts do not belong together; or if a server
     *     optimizer or aggregate transform is to move a server of several models
     */
    protected FederationServer(Federation federation, Function<ModelBroadcast, D> downlink) {
        super(
                federation.checked().server(),
                new GlobalModel(federation.model(), federation.dataset(), federation.server()),
                ModelUplink::cid);
        this.options = federation.server();
        this.federation = federation;
        this.transforms = federation.transforms();
        this.optimizer = federation.optimizer();
        this.downlink = downlink;
        this.sampler = federation.sampler();
        try {
            this.fixed = fixed(federation.personal());
            this.aggregator = open(federation);
            this.kept = optimizer.initial().stream().map(this::filledWith).toList();
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private FlatRanges fixed(ParameterMask personal) {
        Set<String> names = personal.of(global().names());
        if (names.isEmpty() && !personal.equals(ParameterMask.NONE)) {
            LOGGER.log(
                    Level.WARNING,
                    "clients keep nothing to themselves: mask=" + personal + ", parameters=0, expected=some of the"
                            + " model's " + global().names().size() + "; choose another model or mask");
        }
        return global().fixed(names::contains);
    }

    private Aggregation.Aggregator open(Federation federation) {
        Aggregation.Aggregator opened =
                owned.add(federation.aggregation().open(options, global().numel(), federation.dataset()));
        opened.begin(global());
        requireOneMoved(opened.models().size() + 1);
        return opened;
    }

    private void requireOneMoved(int models) {
        Arguments.require(
                models == 1 || !moves(),
                "one update for several models: models=" + models + ", server_optimizer=" + optimizer + ", transforms="
                        + transforms.size() + ", expected=none; each model is the mean of its own clients");
    }

    /** Returns whether an optimizer or a transform moves the model. */
    private boolean moves() {
        return !optimizer.equals(ServerOptimizer.REPLACE) || !transforms.isEmpty();
    }

    private Tensor filledWith(double initial) {
        try (TensorOptions dtype = new TensorOptions(ScalarType.Double);
                Scalar value = new Scalar(initial)) {
            return owned.add(
                    torch.full(new long[] {global().numel()}, value, dtype).retainReference());
        }
    }

    @Override
    public final D downlinkPackage() {
        requireOpen();
        return downlink.apply(new ModelBroadcast(global().lend(), aggregator.lend(), Map.of()));
    }

    /**
     * Returns what clients receive, but with the model that {@link #evaluate()} evaluates; read-only, for this round.
     */
    @Override
    public final D evaluationPackage() {
        requireOpen();
        return downlink.apply(new ModelBroadcast(global().lendEvaluated(), aggregator.lend(), Map.of()));
    }

    @Override
    protected final List<Integer> draw(Workers workers) {
        return sampler == null
                ? super.draw(workers)
                : sampler.sample(new ServerDraw(federation, round(), models(), workers));
    }

    @Override
    protected final void completed(List<Integer> loaded, List<Integer> dropped) {
        if (sampler != null) {
            Map<Integer, Map<String, Double>> byClient = Collections.unmodifiableSortedMap(new TreeMap<>(numbers));
            sampler.completed(new ClientSampler.Outcome(round(), byClient, dropped));
        }
    }

    @Override
    public final boolean acceptsAnyOrder() {
        return federation.aggregation().acceptsAnyOrder();
    }

    @Override
    protected final void add(U uplink) {
        aggregator.add(uplink);
        numbers.put(uplink.cid(), uplink.numbers());
    }

    @Override
    @SuppressWarnings("unchecked") // a sum of any packages is one of these
    public final Optional<PackageSum<U>> packageSum() {
        return federation.aggregation().packageSum(global().numel()).map(sum -> (PackageSum<U>) (PackageSum<?>) sum);
    }

    @Override
    protected final void addSum(List<U> uplinks, Object total) {
        aggregator.addSum(total);
        uplinks.forEach(uplink -> numbers.put(uplink.cid(), uplink.numbers()));
    }

    @Override
    protected final void fold() {
        aggregator.fold();
    }

    @Override
    protected final void update() {
        if (numbers.isEmpty() && transforms.isEmpty()) {
            return; // a round without clients
        }
        combine();
        if (!aggregator.isMean() || moves()) {
            move();
        }
        aggregator.complete();
        global().advance();
    }

    private void combine() {
        if (numbers.isEmpty()) {
            global().next().copy_(global().current());
        } else {
            boolean moved = !aggregator.isMean() || moves();
            OptionalInt device = moved ? OptionalInt.empty() : aggregator.device();
            aggregator.model(global().current(), global().next(device));
        }
    }

    /** Moves the parameters by the transformed update; what is fixed keeps the combined model's. */
    private void move() {
        try (IntraOpThreads threads = IntraOpThreads.scope(options.intraOpThreads());
                PointerScope scope = new PointerScope()) {
            Tensor sent = global().current();
            Tensor change = torch.zeros_like(sent);
            if (!numbers.isEmpty()) {
                aggregator.change(sent, change);
            }
            fixed.zero(change);
            ServerStep step = new ServerStep(options.seed(), round(), numbers.size(), options.numClients(), sent, kept);
            for (AggregateTransform transform : transforms) {
                transform.apply(change, step);
                fixed.zero(change);
            }
            if (optimizer.evaluatesMean() && !numbers.isEmpty()) {
                evaluateMean(change);
            }
            optimizer.step(change, step);
            moveNext(change);
        }
    }

    /** The combined model is the next one already, but for what the update has on top of it. */
    private void evaluateMean(Tensor change) {
        if (!transforms.isEmpty() || !aggregator.isMean()) {
            moveNext(change);
        }
        global().evaluateNext();
    }

    private void moveNext(Tensor change) {
        Tensor moved = change.add(global().current());
        fixed.copy(global().next(), moved);
        global().next().copy_(moved);
    }

    @Override
    protected final void forget() {
        aggregator.clear();
        numbers.clear();
    }

    @Override
    protected final boolean isFinite() {
        return super.isFinite() && aggregator.isFinite();
    }

    /** Returns the SHA-256 of the server's model, or of all its models if an aggregation has several. */
    @Override
    public final String sha256() {
        if (aggregator.models().isEmpty()) {
            return super.sha256();
        }
        requireOpen();
        return Tensors.sha256(models());
    }

    /**
     * Evaluates the server's model, or the mean of all its models if an aggregation has several, each as often as
     * clients chose it in the last round: what a client may expect of the model that it would train.
     */
    @Override
    protected final Evaluation evaluation(Workers workers) {
        if (aggregator.models().isEmpty()) {
            return super.evaluation(workers);
        }
        int[] clients = aggregator.clients();
        int all = IntStream.of(clients).sum();
        List<Tensor> models = models();
        Evaluation mean = new Evaluation(0, 0, 0);
        for (int i = 0; i < models.size(); i++) {
            double share = all == 0 ? 1.0 / models.size() : (double) clients[i] / all;
            if (share > 0) {
                mean = plus(mean, share, global().evaluate(models.get(i), workers));
            }
        }
        return mean;
    }

    /** Copies the server's model, or all its models if an aggregation has several. */
    @Override
    public final List<StateDict> stateDicts() {
        if (aggregator.models().isEmpty()) {
            return super.stateDicts();
        }
        requireOpen();
        return models().stream().map(global()::stateDict).toList();
    }

    private static Evaluation plus(Evaluation sum, double share, Evaluation one) {
        return new Evaluation(sum.loss() + share * one.loss(), sum.accuracy() + share * one.accuracy(), one.samples());
    }

    private List<Tensor> models() {
        List<Tensor> all = new ArrayList<>(List.of(global().current()));
        all.addAll(aggregator.models());
        return all;
    }

    /** Writes the number of completed rounds, the model, and what the parts keep. */
    @Override
    public void save(CheckpointWriter out) {
        super.save(out);
        global().save(out);
        out.put(PARTS, parts());
        for (int i = 0; i < kept.size(); i++) {
            out.put(entry(i), kept.get(i));
        }
        aggregator.save(out);
        if (sampler instanceof Checkpointable lasting) {
            lasting.save(out);
        }
    }

    @Override
    public void restore(CheckpointReader in) {
        requireOpen();
        String saved = in.get(PARTS, String.class);
        Arguments.require(
                saved.equals(parts()),
                "state of another algorithm: parts=" + parts() + ", expected=" + saved
                        + "; resume with the aggregation and the server optimizer that were saved");
        super.restore(in);
        global().restore(in);
        for (int i = 0; i < kept.size(); i++) {
            try (Tensor vector = in.get(entry(i), Tensor.class)) {
                kept.get(i).copy_(vector);
            }
        }
        aggregator.restore(in);
        if (sampler instanceof Checkpointable lasting) {
            lasting.restore(in);
        }
    }

    /**
     * Returns what the parts that keep something are; an optimizer that keeps nothing may be another after a restore.
     */
    private String parts() {
        String combined = aggregator.getClass().getSimpleName();
        return kept.isEmpty()
                ? combined
                : combined + ", " + optimizer.getClass().getSimpleName();
    }

    private static String entry(int index) {
        return "server optimizer " + index;
    }

    @Override
    protected final void free() {
        owned.close();
    }
}
