package org.blazefl4j.cli.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.blazefl4j.cli.options.PartCatalogue;
import org.blazefl4j.cli.options.PartCatalogue.Part;
import org.blazefl4j.cli.options.PartCatalogue.Settings;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.Schedule;
import org.blazefl4j.core.ClientEvaluator;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.FederationClients;
import org.blazefl4j.federation.ModelDownlink;
import org.blazefl4j.federation.ParameterMask;
import org.blazefl4j.federation.ServerOptimizer;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.federation.algorithm.Algorithms;
import org.blazefl4j.federation.algorithm.ServerOptimizers;
import org.blazefl4j.federation.algorithm.ServerOptimizers.Adaptive;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.util.ResourceStack;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;

/** The algorithms that are composed of parts, and the options for parts that go with any of them. */
@Command(optionListHeading = "%nParts of the algorithm, not with --algorithm dsfl%n")
final class Composition {

    /** How clients weigh, as chosen by {@code --weighting}. */
    enum WeightingName {
        BY_SAMPLES,
        UNIFORM;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    @Option(names = "--weighting", paramLabel = "HOW")
    @Nullable
    WeightingName weighting;

    @Option(names = "--proximal-mu", paramLabel = "X")
    @Nullable
    Double proximalMu;

    @Option(names = "--personal", paramLabel = "NAMES", split = ",")
    @Nullable
    List<String> personal;

    @Option(names = "--server-optimizer", paramLabel = "NAME", converter = OptimizerConverter.class)
    @Nullable
    Part<ServerOptimizer> serverOptimizer;

    @Option(names = "--sampler", paramLabel = "NAME", converter = SamplerName.Converter.class)
    @Nullable
    Part<SamplerName> sampler;

    /** Returns an algorithm with these parts. */
    Algorithm of(AlgorithmName name) {
        return new Algorithm() {
            @Override
            public String describe() {
                return Composition.this.describe();
            }

            @Override
            public Sides<?, ?, ?> sides(RunOptions options, ImageData images, ResourceStack resources) {
                PartitionedDataset<PartitionType> partitions = options.partitions(images, resources);
                Federation federation = compose(
                        Federation.of(options.model(images), partitions, options.server())
                                .local(options.client()),
                        name);
                if (sampler != null) {
                    federation = federation.sampler(sampler.value().make(options.federation.seed));
                }
                FederationClients clients = federation.clients(options.numClients() + options.evaluation.unseen());
                return new Sides<>(
                        resources.add(federation.handler()),
                        clients,
                        evaluator(options, clients, name),
                        clients.clientsWith(PartitionType.TEST));
            }
        };
    }

    private static ClientEvaluator<ClientConfig, ModelDownlink, Evaluation> evaluator(
            RunOptions options, FederationClients clients, AlgorithmName name) {
        Integer given = options.evaluation.fineTune;
        int epochs = given == null ? name.fineTune() : given;
        if (epochs == 0) {
            return clients.personalEvaluator(PartitionType.TEST);
        }
        LocalOptions sameInAllRounds = options.client()
                .withBase(options.sgd().withEpochs(epochs))
                .withSteps(0)
                .withStragglers(0)
                .withKeepState(false)
                .withSchedule(Schedule.constant());
        return clients.fineTunedEvaluator(PartitionType.TEST, sameInAllRounds);
    }

    /** Refuses options whose parts the algorithm itself brings along. */
    private Federation compose(Federation plain, AlgorithmName name) {
        Federation bySamples = weighted(plain, name, Weighting.BY_SAMPLES);
        Federation uniform = weighted(plain, name, Weighting.UNIFORM);
        refuseIf(weighting != null && uniform.aggregation().equals(bySamples.aggregation()), "--weighting", name);
        Federation composed = weighting == WeightingName.UNIFORM ? uniform : bySamples;
        refuseIf(proximalMu != null && !composed.objective().equals(plain.objective()), "--proximal-mu", name);
        refuseIf(
                serverOptimizer != null && !composed.optimizer().equals(plain.optimizer()), "--server-optimizer", name);
        refuseIf(personal != null && !composed.personal().equals(ParameterMask.NONE), "--personal", name);
        if (proximalMu != null) {
            composed = composed.with(Algorithms.fedProx(proximalMu));
        }
        if (personal != null) {
            composed = composed.personal(ParameterMask.named(personal.toArray(String[]::new)));
        }
        return serverOptimizer == null ? composed : composed.serverOptimizer(serverOptimizer.value());
    }

    private static Federation weighted(Federation plain, AlgorithmName name, Weighting weighting) {
        Function<Weighting, UnaryOperator<Federation>> parts = Objects.requireNonNull(name.parts(), "parts");
        return plain.weighting(weighting).with(parts.apply(weighting));
    }

    private static void refuseIf(boolean taken, String option, AlgorithmName name) {
        Arguments.require(!taken, option + " does not go with " + name.title() + ", which has its own; omit it");
    }

    /** Returns whether the size of rounds follows from the number of clients and a ratio. */
    boolean hasFixedRounds() {
        return sampler == null || !sampler.name().equals("poisson");
    }

    /** Returns what is recorded besides the options. */
    Map<String, Object> recorded() {
        return sampler == null ? Map.of() : sampler.value().recorded();
    }

    private String describe() {
        List<String> given = new ArrayList<>();
        if (weighting != null) {
            given.add("weighting " + weighting);
        }
        if (proximalMu != null) {
            given.add("proximal mu " + proximalMu);
        }
        if (personal != null) {
            given.add("personal " + String.join(" ", personal));
        }
        if (serverOptimizer != null) {
            given.add("server optimizer " + serverOptimizer);
        }
        if (sampler != null) {
            given.add("sampler " + sampler);
        }
        return given.isEmpty() ? "" : ", " + String.join(", ", given);
    }

    /** Converts {@code yogi:lr=0.01}. */
    static final class OptimizerConverter implements ITypeConverter<Part<ServerOptimizer>> {

        private static final String MOMENTS = ":lr=0.01,beta1=0.9,beta2=0.99,tau=0.001";

        static final PartCatalogue<ServerOptimizer> ALL = new PartCatalogue<ServerOptimizer>()
                .with("sgd:lr=1,momentum=0", set -> ServerOptimizers.sgd(set.number("lr"), set.number("momentum")))
                .with(
                        "nesterov:lr=1,momentum=0.9",
                        set -> ServerOptimizers.nesterov(set.number("lr"), set.number("momentum")))
                .with(
                        "adagrad:lr=0.01,tau=0.001",
                        set -> ServerOptimizers.adagrad(set.number("lr")).withTau(set.number("tau")))
                .with("adam" + MOMENTS, set -> tuned(ServerOptimizers.adam(set.number("lr")), set))
                .with("yogi" + MOMENTS, set -> tuned(ServerOptimizers.yogi(set.number("lr")), set));

        private static ServerOptimizer tuned(Adaptive optimizer, Settings set) {
            return optimizer.withBetas(set.number("beta1"), set.number("beta2")).withTau(set.number("tau"));
        }

        @Override
        public Part<ServerOptimizer> convert(String text) {
            return ALL.parse(text);
        }
    }
}
