package org.blazefl4j.cli.run;

import java.util.function.Function;
import org.blazefl4j.cli.options.Converters;
import org.blazefl4j.cli.options.PartCatalogue;
import org.blazefl4j.cli.options.PartCatalogue.Part;
import org.blazefl4j.cli.options.PartCatalogue.Settings;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.Schedule;
import org.blazefl4j.contrib.common.Schedule.Decay;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.torch.StepRule;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;

/**
 * The options of local training beyond plain SGD for some epochs. They have no values by default and are recorded only
 * if given, so that runs of older versions can be resumed and compared.
 */
@Command(optionListHeading = "%nLocal optimizer, not with --algorithm dsfl%n")
final class OptimizerOptions {

    /**
     * One of PyTorch's optimizers with the settings that have no option of their own.
     *
     * @param keep whether clients keep its state for their next round
     */
    record Optimizer(Rule rule, boolean keep) {

        /** Adds the options. */
        private interface Rule {
            StepRule with(@Nullable Double momentum, @Nullable Double weightDecay);
        }

        private static final String MOMENTS = ":beta1=0.9,beta2=0.999,eps=1e-8,keep=false";

        static final PartCatalogue<Optimizer> ALL = new PartCatalogue<Optimizer>()
                .with("sgd:nesterov=false,dampening=0,decoupled=false,keep=false", Optimizer::sgd)
                .with("adam" + MOMENTS, set -> adam(set, StepRule.adam()))
                .with("adamw" + MOMENTS, set -> adam(set, StepRule.adamW()));

        private static Optimizer sgd(Settings set) {
            boolean nesterov = set.flag("nesterov");
            boolean decoupled = set.flag("decoupled");
            StepRule.Sgd base = StepRule.sgd().withDampening(set.number("dampening"));
            return new Optimizer(
                    (momentum, decay) -> {
                        StepRule.Sgd sgd = base.withMomentum(momentum == null ? 0 : momentum)
                                .withNesterov(nesterov);
                        double share = decay == null ? 0 : decay;
                        return decoupled ? sgd.withDecoupledWeightDecay(share) : sgd.withWeightDecay(share);
                    },
                    set.flag("keep"));
        }

        private static Optimizer adam(Settings set, StepRule.Adam usual) {
            StepRule.Adam base =
                    usual.withBetas(set.number("beta1"), set.number("beta2")).withEps(set.number("eps"));
            return new Optimizer(
                    (momentum, decay) -> {
                        if (decay == null) {
                            return base;
                        }
                        return base.decoupled() ? base.withDecoupledWeightDecay(decay) : base.withWeightDecay(decay);
                    },
                    set.flag("keep"));
        }
    }

    /** Converts {@code sgd:nesterov=true}. */
    static final class OptimizerConverter implements ITypeConverter<Part<Optimizer>> {
        @Override
        public Part<Optimizer> convert(String text) {
            return Optimizer.ALL.parse(text);
        }
    }

    /** A schedule of the learning rate, as chosen by {@code --lr-schedule}. */
    static final class LrSchedule {

        private static final String COMMON = "warm-up=0,per-step=false";

        static final PartCatalogue<Schedule> ALL = new PartCatalogue<Schedule>()
                .with("constant:" + COMMON, of(set -> Schedule.constant()))
                .with(
                        "cosine:length=N,floor=0," + COMMON,
                        of(set -> Schedule.cosine(whole(set, "length"), set.number("floor"))))
                .with("exponential:factor=X," + COMMON, of(set -> Schedule.exponential(set.number("factor"))))
                .with(
                        "step:every=N,factor=X," + COMMON,
                        of(set -> Schedule.step(whole(set, "every"), set.number("factor"))));

        private LrSchedule() {}

        private static Function<Settings, Schedule> of(Function<Settings, Decay> shape) {
            return set -> {
                Decay decay = shape.apply(set).withWarmUp(whole(set, "warm-up"));
                return set.flag("per-step") ? decay.withStepsForRounds() : decay;
            };
        }

        private static long whole(Settings set, String key) {
            return Long.parseLong(set.text(key));
        }

        /** Converts {@code cosine:length=200,warm-up=5}. */
        static final class Converter implements ITypeConverter<Part<Schedule>> {

            /**
             * Keeps the form that older versions have recorded, {@code cosine:200}, so that their runs can be resumed.
             */
            @Override
            public Part<Schedule> convert(String text) {
                String named = text.replaceFirst("^(cosine):([^:=,]*)$", "$1:length=$2")
                        .replaceFirst("^(exponential):([^:=,]*)$", "$1:factor=$2")
                        .replaceFirst("^(step):([^:=,]*):([^:=,]*)$", "$1:every=$2,factor=$3");
                Part<Schedule> part = ALL.parse(named);
                return named.equals(text) ? part : new Part<>(part.name(), text, part.value());
            }
        }
    }

    private static final Part<Optimizer> SGD = Optimizer.ALL.parse("sgd");

    @Option(names = "--local-optimizer", paramLabel = "NAME", converter = OptimizerConverter.class)
    @Nullable
    Part<Optimizer> localOptimizer;

    @Option(names = "--momentum", paramLabel = "M")
    @Nullable
    Double momentum;

    @Option(names = "--weight-decay", paramLabel = "X")
    @Nullable
    Double weightDecay;

    @Option(names = "--max-grad-norm", paramLabel = "X")
    @Nullable
    Double maxGradNorm;

    @Option(names = "--local-steps", paramLabel = "N")
    @Nullable
    Integer localSteps;

    @Option(names = "--lr-schedule", paramLabel = "KIND", converter = LrSchedule.Converter.class)
    @Nullable
    Part<Schedule> lrSchedule;

    @Option(names = "--stragglers", paramLabel = "SHARE", converter = Converters.Ratio.class)
    @Nullable
    Double stragglers;

    boolean isSgd() {
        return optimizer().name().equals(SGD.name());
    }

    private Part<Optimizer> optimizer() {
        return localOptimizer == null ? SGD : localOptimizer;
    }

    /**
     * Adds these options to the others of local training.
     *
     * @throws IllegalArgumentException if a value is out of range
     */
    LocalOptions applyTo(SgdOptions base) {
        Optimizer optimizer = optimizer().value();
        LocalOptions options = LocalOptions.of(base)
                .withRule(optimizer.rule().with(momentum, weightDecay))
                .withKeepState(optimizer.keep());
        options = localSteps == null ? options : options.withSteps(localSteps);
        options = stragglers == null ? options : options.withStragglers(stragglers);
        options = maxGradNorm == null ? options : options.withMaxGradNorm(maxGradNorm);
        return lrSchedule == null ? options : options.withSchedule(lrSchedule.value());
    }

    /** Describes the options that were given, after a comma. */
    String describe() {
        return given("optimizer", localOptimizer)
                + given("momentum", momentum)
                + given("weight decay", weightDecay)
                + given("gradient norm at most", maxGradNorm)
                + given("lr schedule", lrSchedule)
                + given("stragglers", stragglers);
    }

    private static String given(String name, @Nullable Object value) {
        return value == null ? "" : ", " + name + " " + value;
    }
}
