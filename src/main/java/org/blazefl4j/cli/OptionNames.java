package org.blazefl4j.cli;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Puts the names of options in place of the library's names for the same values. */
final class OptionNames {

    private static final Map<String, String> OPTIONS = Map.of(
            "numClients", "--num-clients",
            "num_clients", "--num-clients",
            "clients", "--num-clients",
            "numShards", "--num-shards",
            "alpha", "--dir-alpha",
            "numParallels", "--num-parallels",
            "global_lr", "--server-lr",
            "open_size", "--open-size",
            "open_size_per_round", "--open-size-per-round",
            "device", "--device");

    private static final Pattern NAME = Pattern.compile("\\b(\\w+)=");

    private OptionNames() {}

    /** A message of the form {@code what: name=value, limit=value} in terms of the command line. */
    static String in(String message) {
        Matcher matcher = NAME.matcher(message);
        return matcher.replaceAll(found -> OPTIONS.getOrDefault(found.group(1), found.group(1)) + "=");
    }
}
