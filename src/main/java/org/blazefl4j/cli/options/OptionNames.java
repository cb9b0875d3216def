package org.blazefl4j.cli.options;

import static java.util.Map.entry;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Puts the names of options in place of the library's names for the same values. */
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

    /** What has a value; and what can be no word of a sentence, in a remedy. */
    private static final Pattern NAME =
            Pattern.compile("(?<![\\w/.-])(?:\\w+(?==)|(?:alpha|[a-z]+(?:[A-Z_][a-z]+)+)(?![\\w/.]))");

    private OptionNames() {}

    /** A message of the form {@code what: name=value, limit=value} in terms of the command line. */
    public static String in(String message) {
        Matcher matcher = NAME.matcher(message);
        return matcher.replaceAll(found -> OPTIONS.getOrDefault(found.group(), found.group()));
    }
}
