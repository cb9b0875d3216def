package org.blazefl4j.cli.run;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.blazefl4j.cli.options.Converters;
import org.blazefl4j.cli.options.OptionUse;
import org.blazefl4j.contrib.common.ClientDistribution;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.util.Arguments;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options for the evaluation of clients. */
@Command(optionListHeading = "%nEvaluation%n")
final class EvaluationOptions {

    private static final String LAST = "last";

    private static final String ROUNDS = "a whole number of rounds from 1 to 999999999";

    private static final String CLIENTS = "client";

    /** The group of clients that never train. */
    static final String UNSEEN = "unseen";

    @Option(names = "--evaluate-every", paramLabel = "N", converter = EveryConverter.class)
    @Nullable
    Integer evaluateEvery;

    @Option(names = "--client-evaluation", paramLabel = "WHEN", converter = Converter.class)
    @Nullable
    When clientEvaluation;

    @Option(names = "--fine-tune", paramLabel = "EPOCHS", converter = Converters.CountOrZero.class)
    @Nullable
    Integer fineTune;

    @Option(names = "--unseen-clients", paramLabel = "N")
    @Nullable
    Integer unseenClients;

    /** Refuses clients for an evaluation that there is none of, and more of them than can be counted. */
    void check(OptionUse use, int numClients) {
        for (String option : new String[] {"--fine-tune", "--unseen-clients"}) {
            use.refuseUnless(clientEvaluation != null, option, "--client-evaluation");
        }
        int most = Integer.MAX_VALUE - numClients;
        if (unseen() > most) {
            throw use.refusal("too many clients: --unseen-clients=" + unseen() + ", --num-clients=" + numClients
                    + ", limit=" + Integer.MAX_VALUE + " of both together; lower them");
        }
    }

    /** Returns the number of rounds from one evaluation of the global model to the next. */
    int evaluateEvery() {
        return evaluateEvery == null ? 1 : evaluateEvery;
    }

    /** Returns the number of clients that never train. */
    int unseen() {
        return unseenClients == null ? 0 : unseenClients;
    }

    /** Returns the figures of clients that stop rules may use: none if there are any after the last round only. */
    Set<String> figures() {
        boolean often = clientEvaluation != null && clientEvaluation.every().isPresent();
        return often
                ? groups().stream()
                        .flatMap(group -> ClientDistribution.names(group).stream())
                        .collect(Collectors.toSet())
                : Set.of();
    }

    private List<String> groups() {
        return unseen() == 0 ? List.of(CLIENTS) : List.of(CLIENTS, UNSEEN);
    }

    /**
     * Returns the clients to evaluate in groups whose distributions are told apart, by the first word of their figures;
     * none if clients are not evaluated.
     *
     * @param cids the clients with test images of their own
     * @param numClients the number of clients that train, which come first
     * @throws IllegalArgumentException if a group has no client
     */
    Map<String, List<Integer>> groups(List<Integer> cids, int numClients) {
        Map<String, List<Integer>> found = new LinkedHashMap<>();
        if (clientEvaluation == null) {
            return found;
        }
        groups().forEach(group -> found.put(
                group,
                cids.stream()
                        .filter(cid -> cid < numClients == group.equals(CLIENTS))
                        .toList()));
        found.forEach((group, members) -> Arguments.require(
                !members.isEmpty(),
                "no test images for " + (group.equals(UNSEEN) ? "unseen clients" : "clients")
                        + ": clients with test images=0, expected=1 or more; give clients more images, or omit"
                        + " --client-evaluation"));
        return found;
    }

    /**
     * The rounds after which clients are evaluated.
     *
     * @param every the rounds from one evaluation to the next; none for the last round only
     */
    record When(OptionalInt every) {

        /** Has a simulation evaluate a group of clients after these rounds. */
        void addTo(Simulation<?, ?> simulation, String group, Supplier<List<Evaluation>> evaluation) {
            if (every.isPresent()) {
                simulation.addColumns(ClientDistribution.columns(group, this::isChosen, evaluation));
            } else {
                simulation.addLastColumns(
                        ClientDistribution.columns(group, round -> true, evaluation),
                        ClientDistribution.columns(group, round -> false, evaluation));
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

    private static int rounds(String text, String expected) {
        if (text.matches("[1-9]\\d{0,8}")) {
            return Integer.parseInt(text);
        }
        throw new TypeConversionException("value=" + text + ", expected=" + expected);
    }

    /** Converts a number of rounds. */
    static final class EveryConverter implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            return rounds(text, ROUNDS);
        }
    }

    /** Converts {@code last}, or a number of rounds. */
    static final class Converter implements ITypeConverter<When> {
        @Override
        public When convert(String text) {
            return new When(
                    text.equalsIgnoreCase(LAST)
                            ? OptionalInt.empty()
                            : OptionalInt.of(rounds(text, "last, or " + ROUNDS)));
        }
    }
}
