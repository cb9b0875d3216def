package org.blazefl4j.cli.options;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Of an option that is given more than once the last one counts. Picocli would set the others of its {@code ArgGroup}
 * to their defaults, so those before are taken out of the command line before it is read. Lists of {@code bench}, which
 * are in no group, add up.
 */
public final class RepeatedOptions {

    private final List<String> kept = new ArrayList<>();
    /** Where the words of each option begin that was met. */
    private final Map<OptionSpec, List<Integer>> places = new HashMap<>();

    private Map<String, OptionSpec> options;

    private RepeatedOptions(CommandLine commands) {
        this.options = commands.getCommandSpec().optionsMap();
    }

    public static String[] dropAllButLast(CommandLine commands, String... args) {
        RepeatedOptions options = new RepeatedOptions(commands);
        options.read(commands, args);
        return options.kept.toArray(String[]::new);
    }

    private void read(CommandLine commands, String... args) {
        boolean ended = false;
        for (int i = 0; i < args.length; i++) {
            ended |= args[i].equals("--");
            OptionSpec option = ended ? null : options.get(name(args[i]));
            if (option == null) {
                enter(commands.getSubcommands().get(args[i]));
                kept.add(args[i]);
                continue;
            }
            boolean takesNext = option.arity().max() > 0 && !args[i].contains("=") && isValue(args, i + 1);
            add(option, takesNext ? List.of(args[i], args[++i]) : List.of(args[i]));
        }
        kept.removeIf(word -> word == null);
    }

    private static String name(String word) {
        int equals = word.indexOf('=');
        return equals < 0 ? word : word.substring(0, equals);
    }

    private void enter(CommandLine subcommand) {
        if (subcommand != null) {
            options = subcommand.getCommandSpec().optionsMap();
        }
    }

    private boolean isValue(String[] args, int next) {
        return next < args.length && !options.containsKey(name(args[next]));
    }

    private void add(OptionSpec option, List<String> words) {
        List<Integer> before = places.computeIfAbsent(option, o -> new ArrayList<>());
        if (option.group() != null || !option.isMultiValue()) {
            before.forEach(place -> kept.set(place, null));
            before.clear();
        }
        for (String word : words) {
            before.add(kept.size());
            kept.add(word);
        }
    }
}
