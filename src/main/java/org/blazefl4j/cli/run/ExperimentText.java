package org.blazefl4j.cli.run;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.blazefl4j.cli.options.PartCatalogue.Part;
import org.blazefl4j.cli.options.Settings;
import org.tomlj.Toml;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The experiment file that repeats a run: all options that have an effect, with the values that the run has, but not
 * where its files go.
 *
 * @param idle the keys of options without effect
 */
record ExperimentText(RunOptions options, Set<String> idle) {

    private static final Set<String> PLACES = Set.of("checkpoints", "results", "tracker");

    private static final String CACHE = "cache-dir";

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("# Repeat this run by: blazefl4j run <this file>\n");
        options.spec.mixins().forEach((name, group) -> {
            if (!PLACES.contains(name)) {
                add(group, text);
            }
        });
        return text.toString();
    }

    private void add(CommandSpec group, StringBuilder text) {
        String lines = group.options().stream().map(this::line).collect(Collectors.joining());
        if (!lines.isEmpty()) {
            String heading = group.usageMessage().optionListHeading().replace("%n", "");
            text.append("\n# ").append(heading).append('\n').append(lines);
        }
    }

    private String line(OptionSpec option) {
        String key = Settings.key(option);
        Object value = key.equals("num-clients") ? options.numClients() : option.getValue();
        boolean none = value == null || idle.contains(key) || key.equals(CACHE);
        return none ? "" : key + " = " + toml(value) + "\n";
    }

    /** Returns a value in TOML; relative paths are those of this process only. */
    private static String toml(Object value) {
        if (value instanceof Part<?> part && part.value() instanceof SamplerName.Traced traced) {
            return quoted(part.name() + ":trace=" + traced.file().toAbsolutePath());
        }
        Object recorded = RecordedOptions.recorded(value);
        if (recorded instanceof List<?> values) {
            return values.stream().map(ExperimentText::quoted).collect(Collectors.joining(", ", "[", "]"));
        }
        return recorded instanceof String ? quoted(recorded) : recorded.toString();
    }

    private static String quoted(Object text) {
        return "\"" + Toml.tomlEscape(text.toString()) + "\"";
    }
}
