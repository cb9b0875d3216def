package org.blazefl4j.cli.options;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.CommandSpec;

/** Replaces the library's names of values by the names of a command's options in messages. */
public final class OptionNames {

    /** Names that differ from their options by more than their spelling. */
    private static final Map<String, String> OTHERS = Map.of(
            "clients", "--num-clients",
            "alpha", "--dir-alpha",
            "proportions", "--client-sizes",
            "global_lr", "--server-lr",
            "warm_ups", "--warm-up",
            "distillation_batch_size", "--kd-batch-size");

    /**
     * Names with a value, and names in a remedy that cannot be words of a sentence; but not settings of a part, such as
     * {@code yogi:lr=0.01,tau=0.1}.
     */
    private static final Pattern NAME =
            Pattern.compile("(?<![\\w/.:,-])(?:\\w+(?==)|(?:alpha|[a-z]+(?:[A-Z_][a-z]+)+)(?![\\w/.]))");

    private OptionNames() {}

    /** Rewrites a message of the form {@code what: name=value, limit=value}. */
    public static String in(String message, CommandSpec command) {
        return NAME.matcher(message).replaceAll(found -> option(found.group(), command));
    }

    /** Returns the option that is spelt like {@code numClients} or {@code num_clients}, or else the name itself. */
    private static String option(String name, CommandSpec command) {
        String option = "--" + name.replaceAll("(?=[A-Z])|_", "-").toLowerCase(Locale.ROOT);
        return command.findOption(option) == null ? OTHERS.getOrDefault(name, name) : option;
    }
}
