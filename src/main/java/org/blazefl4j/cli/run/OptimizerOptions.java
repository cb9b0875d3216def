package org.blazefl4j.cli.run;

import java.util.Locale;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.Schedule;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.torch.StepRule;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/**
 * The options of local training beyond plain SGD for some epochs. They have no values by default and are recorded only
 * if given, so that runs of older versions can be resumed and compared.
 */
@Command(optionListHeading = "%nLocal optimizer, not with --algorithm dsfl%n")
final class OptimizerOptions {

    /** Which of PyTorch's optimizers clients use. */
    enum LocalOptimizer {
        SGD,
        ADAM,
        ADAMW;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A schedule of the learning rate, by rounds.
     *
     * @param text as given and recorded: {@code cosine:200}, {@code step:30:0.1} or {@code exponential:0.99}
     */
    record LrSchedule(String text, Schedule schedule) {

        /** Reads the text. */
        static final class Converter implements ITypeConverter<LrSchedule> {

            @Override
            public LrSchedule convert(String text) {
                String[] words = text.split(":");
                try {
                    if (words.length == 2 && words[0].equals("cosine")) {
                        return new LrSchedule(text, Schedule.cosine(Long.parseLong(words[1]), 0));
                    }
                    if (words.length == 2 && words[0].equals("exponential")) {
                        return new LrSchedule(text, Schedule.exponential(Double.parseDouble(words[1])));
                    }
                    if (words.length == 3 && words[0].equals("step")) {
                        long every = Long.parseLong(words[1]);
                        return new LrSchedule(text, Schedule.step(every, Double.parseDouble(words[2])));
                    }
                } catch (IllegalArgumentException e) {
                    // no number, or one out of range: refused below
                }
                throw new TypeConversionException("value=" + text
                        + ", expected=cosine:<rounds>, exponential:<factor> or step:<rounds>:<factor>, factors above 0"
                        + " and at most 1");
            }
        }

        @Override
        public String toString() {
            return text;
        }
    }

    @Option(names = "--local-optimizer", paramLabel = "NAME")
    @Nullable
    LocalOptimizer localOptimizer;

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
    LrSchedule lrSchedule;

    boolean isSgd() {
        return localOptimizer == null || localOptimizer == LocalOptimizer.SGD;
    }

    /**
     * Adds these options to the others of local training.
     *
     * @throws IllegalArgumentException if a value is out of range
     */
    LocalOptions applyTo(SgdOptions base) {
        LocalOptions options = LocalOptions.of(base).withRule(rule());
        options = localSteps == null ? options : options.withSteps(localSteps);
        options = maxGradNorm == null ? options : options.withMaxGradNorm(maxGradNorm);
        return lrSchedule == null ? options : options.withSchedule(lrSchedule.schedule());
    }

    private StepRule rule() {
        if (isSgd()) {
            StepRule.Sgd sgd = StepRule.sgd().withMomentum(momentum == null ? 0 : momentum);
            return weightDecay == null ? sgd : sgd.withWeightDecay(weightDecay);
        }
        if (localOptimizer == LocalOptimizer.ADAM) {
            return weightDecay == null ? StepRule.adam() : StepRule.adam().withWeightDecay(weightDecay);
        }
        return weightDecay == null ? StepRule.adamW() : StepRule.adam().withDecoupledWeightDecay(weightDecay);
    }

    /** Describes the options that were given, after a comma. */
    String describe() {
        return given("optimizer", localOptimizer)
                + given("momentum", momentum)
                + given("weight decay", weightDecay)
                + given("gradient norm at most", maxGradNorm)
                + given("lr schedule", lrSchedule);
    }

    private static String given(String name, @Nullable Object value) {
        return value == null ? "" : ", " + name + " " + value;
    }
}
