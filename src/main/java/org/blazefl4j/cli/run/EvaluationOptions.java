package org.blazefl4j.cli.run;

import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;
import org.blazefl4j.contrib.common.ClientDistribution;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.core.Simulation;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options for the evaluation of clients. */
@Command(optionListHeading = "%nEvaluation%n")
final class EvaluationOptions {

    private static final String LAST = "last";

    @Option(names = "--client-evaluation", paramLabel = "WHEN", converter = Converter.class)
    @Nullable
    When clientEvaluation;

    /** Returns the figures of clients that stop rules may use: none if there are any after the last round only. */
    Set<String> figures() {
        boolean often = clientEvaluation != null && clientEvaluation.every().isPresent();
        return often ? ClientDistribution.names() : Set.of();
    }

    /**
     * The rounds after which clients are evaluated.
     *
     * @param every the rounds from one evaluation to the next; none for the last round only
     */
    record When(OptionalInt every) {

        /** Has a simulation evaluate clients after these rounds. */
        void addTo(Simulation<?, ?> simulation, Supplier<List<Evaluation>> evaluation) {
            if (every.isPresent()) {
                simulation.addColumns(ClientDistribution.columns(this::isChosen, evaluation));
            } else {
                simulation.addLastColumns(
                        ClientDistribution.columns(round -> true, evaluation),
                        ClientDistribution.columns(round -> false, evaluation));
            }
        }

        /** Returns whether clients are evaluated after a round, from 0, even if it is not the last. */
        boolean isChosen(int round) {
            return every.isPresent() && (round + 1) % every.getAsInt() == 0;
        }

        String describe() {
            if (every.isEmpty()) {
                return "after the last round";
            }
            return every.getAsInt() == 1 ? "after every round" : "after every " + every.getAsInt() + " rounds";
        }

        /** Returns the option's value. */
        @Override
        public String toString() {
            return every.isPresent() ? Integer.toString(every.getAsInt()) : LAST;
        }
    }

    /** Converts {@code last}, or a number of rounds. */
    static final class Converter implements ITypeConverter<When> {
        @Override
        public When convert(String text) {
            if (text.equalsIgnoreCase(LAST)) {
                return new When(OptionalInt.empty());
            }
            if (text.matches("[1-9]\\d{0,8}")) {
                return new When(OptionalInt.of(Integer.parseInt(text)));
            }
            throw new TypeConversionException(
                    "value=" + text + ", expected=last, or a whole number of rounds from 1 to 999999999");
        }
    }
}
