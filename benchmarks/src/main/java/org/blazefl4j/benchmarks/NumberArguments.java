package org.blazefl4j.benchmarks;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The options of a benchmark whose options all take a number. */
final class NumberArguments {

    private final Map<String, Integer> given = new HashMap<>();

    private NumberArguments() {}

    /**
     * Reads {@code [--name n] ...}.
     *
     * @param names the names of the options
     * @throws IllegalArgumentException if an argument is none of these options, or an option has no number
     */
    static NumberArguments parse(String[] args, String... names) {
        NumberArguments arguments = new NumberArguments();
        for (int i = 0; i < args.length; i += 2) {
            if (!List.of(names).contains(args[i]) || i + 1 == args.length) {
                throw new IllegalArgumentException(
                        "unexpected argument: argument=" + args[i] + ", expected=" + String.join(" n, ", names) + " n");
            }
            arguments.given.put(args[i], Integer.valueOf(args[i + 1]));
        }
        return arguments;
    }

    /** Returns the given number, else the default. */
    int get(String name, int otherwise) {
        return given.getOrDefault(name, otherwise);
    }
}
