package org.blazefl4j.cli.options;

import static java.util.Map.entry;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Replaces the library's names of values by the names of options in messages. */
public final class OptionNames {

    private static final Map<String, String> OPTIONS = Map.ofEntries(
            entry("numClients", "--num-clients"),
            entry("num_clients", "--num-clients"),
            entry("clients", "--num-clients"),
            entry("numShards", "--num-shards"),
            entry("alpha", "--dir-alpha"),
            entry("numParallels", "--num-parallels"),
            entry("global_lr", "--server-lr"),
            entry("open_size", "--open-size"),
            entry("open_size_per_round", "--open-size-per-round"),
            entry("rounds", "--rounds"),
            entry("warm_ups", "--warm-up"),
            entry("batch_size", "--batch-size"),
            entry("distillation_batch_size", "--kd-batch-size"),
            entry("last_batch", "--last-batch"),
            entry("device", "--device"));

    /** Names with a value, and names in a remedy that cannot be words of a sentence. */
    private static final Pattern NAME =
            Pattern.compile("(?<![\\w/.-])(?:\\w+(?==)|(?:alpha|[a-z]+(?:[A-Z_][a-z]+)+)(?![\\w/.]))");

    private OptionNames() {}

    /** Rewrites a message of the form {@code what: name=value, limit=value}. */
    public static String in(String message) {
        Matcher matcher = NAME.matcher(message);
        return matcher.replaceAll(found -> OPTIONS.getOrDefault(found.group(), found.group()));
    }
}
