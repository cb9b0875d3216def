package org.blazefl4j.cli.run;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.blazefl4j.core.StopRule;
import org.blazefl4j.core.stop.StopRules;
import org.blazefl4j.util.Bytes;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options that end a run before its last round. Recorded only if given, as those of {@link OptimizerOptions}. */
@Command(optionListHeading = "%nEnding early%n")
final class StopOptions {

    /** The names in result files and checkpoints. */
    static final List<String> NAMES = List.of("stop_at", "patience", "max_time", "max_upload", "stop_on_divergence");

    /** A figure of a round's summary and a number. */
    record Goal(String metric, BigDecimal number) {

        private static final Pattern TEXT = Pattern.compile("(\\w+)=([-+.\\deE]{1,30})");

        static Goal parse(String text, String expected) {
            Matcher parts = TEXT.matcher(text);
            try {
                if (parts.matches()) {
                    return new Goal(parts.group(1), new BigDecimal(parts.group(2)));
                }
            } catch (NumberFormatException e) {
                // refused below
            }
            throw refusal(text, expected);
        }

        static TypeConversionException refusal(String text, String expected) {
            return new TypeConversionException("value=" + text + ", expected=" + expected);
        }

        /** Returns whether larger values are better: of all figures but losses. */
        boolean larger() {
            return !metric.contains("loss");
        }

        @Override
        public String toString() {
            return metric + "=" + number;
        }
    }

    /** Reads a goal with any number. */
    static final class Target implements ITypeConverter<Goal> {
        @Override
        public Goal convert(String text) {
            return Goal.parse(text, "a figure and a number, such as accuracy=0.9");
        }
    }

    /** Reads a goal with a number of evaluations. */
    static final class Evaluations implements ITypeConverter<Goal> {

        private static final String EXPECTED =
                "a figure and a number of evaluations from 1 to 999999999, such as accuracy=20";

        @Override
        public Goal convert(String text) {
            Goal goal = Goal.parse(text, EXPECTED);
            if (!goal.number().toPlainString().matches("[1-9]\\d{0,8}")) {
                throw Goal.refusal(text, EXPECTED);
            }
            return goal;
        }
    }

    @Option(names = "--stop-at", paramLabel = "FIGURE=X", converter = Target.class)
    @Nullable
    Goal stopAt;

    @Option(names = "--patience", paramLabel = "FIGURE=N", converter = Evaluations.class)
    @Nullable
    Goal patience;

    @Option(names = "--max-time", paramLabel = "S")
    @Nullable
    Duration maxTime;

    @Option(names = "--max-upload", paramLabel = "MIB")
    @Nullable
    Double maxUpload;

    @Option(names = "--stop-on-divergence")
    @Nullable
    Boolean stopOnDivergence;

    /** Returns the figures that rules look at, by the options that name them. */
    Map<String, String> figures() {
        Map<String, String> figures = new LinkedHashMap<>();
        if (stopAt != null) {
            figures.put("--stop-at", stopAt.metric());
        }
        if (patience != null) {
            figures.put("--patience", patience.metric());
        }
        return figures;
    }

    /** Makes the rules that were asked for. */
    List<StopRule> rules() {
        List<StopRule> rules = new ArrayList<>();
        if (stopAt != null) {
            double value = stopAt.number().doubleValue();
            rules.add(
                    stopAt.larger()
                            ? StopRules.atLeast(stopAt.metric(), value)
                            : StopRules.atMost(stopAt.metric(), value));
        }
        if (patience != null) {
            int evaluations = patience.number().intValueExact();
            rules.add(StopRules.patience(patience.metric(), patience.larger(), evaluations));
        }
        if (stopOnDivergence != null) {
            rules.add(StopRules.divergence());
        }
        if (maxTime != null) {
            rules.add(StopRules.time(maxTime));
        }
        if (maxUpload != null) {
            rules.add(StopRules.bytes((long) Math.ceil(maxUpload * Bytes.MEBIBYTE)));
        }
        return rules;
    }

    /** Describes what ends the run early; empty if nothing does. */
    String describe() {
        StringJoiner text = new StringJoiner(", ");
        if (stopAt != null) {
            text.add("at " + stopAt);
        }
        if (patience != null) {
            text.add("when " + patience.metric() + " has not improved in " + patience.number()
                    + (patience.number().intValueExact() == 1 ? " evaluation" : " evaluations"));
        }
        if (stopOnDivergence != null) {
            text.add("when training diverges");
        }
        if (maxTime != null) {
            text.add("after " + FailureOptions.seconds(maxTime) + " s");
        }
        if (maxUpload != null) {
            text.add("when clients have sent " + maxUpload + " MiB");
        }
        return text.toString();
    }
}
