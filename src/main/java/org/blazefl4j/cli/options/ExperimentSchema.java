package org.blazefl4j.cli.options;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import org.blazefl4j.cli.options.PartCatalogue.Part;
import org.blazefl4j.cli.options.Settings.Setting;
import org.blazefl4j.util.Printable;
import org.jspecify.annotations.Nullable;
import org.tomlj.TomlArray;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The keys of experiment files: each option of a command that is in a group of its help has one, its long name without
 * dashes, so that options and keys never differ. Values are the options' own. A list may be an array, and a part with
 * settings a table, {@code {name = "fedprox", mu = 0.1}}.
 */
public final class ExperimentSchema {

    private static final String NAME = "name";

    private final CommandSpec command;
    private final Map<String, OptionSpec> options = new LinkedHashMap<>();

    /** Finds the options of a command in the mixins of its mixins, as {@link UsageHelp} does. */
    public ExperimentSchema(CommandSpec command) {
        this.command = command;
        command.mixins().values().stream()
                .flatMap(mixin -> mixin.mixins().values().stream())
                .flatMap(group -> group.options().stream())
                .forEach(option -> options.put(Settings.key(option), option));
    }

    /** Returns the keys, in the order of the help. */
    public List<String> keys() {
        return List.copyOf(options.keySet());
    }

    /** Returns the value that an option has without any. */
    public String usual(String key) {
        return String.valueOf(Objects.requireNonNull(options.get(key), key).initialValue());
    }

    /** Reads the settings of a table that has nothing else. */
    public Settings settings(Path file, TomlTable table) {
        return settings(file, table, Set.of());
    }

    /**
     * Reads the settings of a table.
     *
     * @param others keys that are no settings
     * @throws UsageException if a key is unknown, or its value is of no kind that the option takes
     */
    public Settings settings(Path file, TomlTable table, Set<String> others) {
        Map<String, Setting> settings = new LinkedHashMap<>();
        Set<String> keys = new LinkedHashSet<>(table.keySet());
        keys.removeAll(others);
        for (String key : keys) {
            Place place = place(file, table.inputPositionOf(List.of(key)));
            Object value = Objects.requireNonNull(table.get(List.of(key)), key);
            settings.put(key, setting(key, value, place));
        }
        return new Settings(settings);
    }

    /** Returns the place of an element; the file's beginning if it has none. */
    public static Place place(Path file, @Nullable TomlPosition position) {
        return new Place(file, position == null ? 1 : position.line());
    }

    /** Reads a value of a key, in the same way. */
    public Setting setting(String key, Object value, Place place) {
        OptionSpec option = option(key, value, place);
        if (value instanceof TomlArray list) {
            return new Setting(joined(option, list, place), place);
        }
        if (value instanceof TomlTable part) {
            return new Setting(part(option, part, place), place);
        }
        return new Setting(value.toString(), place);
    }

    private OptionSpec option(String key, Object value, Place place) {
        OptionSpec option = options.get(key);
        if (option != null) {
            return option;
        }
        String found = place + ", key=" + Printable.line(key);
        if (value instanceof TomlTable) {
            throw new UsageException(
                    "unknown table: " + found + ", expected=keys without tables; remove the line with its name");
        }
        throw new UsageException("unknown key: " + found + ", expected=an option of " + command.qualifiedName()
                + " without its dashes; did you mean " + nearest(key) + "?");
    }

    private String nearest(String key) {
        return Optional.ofNullable(UsualNames.hints(command, List.of(key)).get(key))
                .map(option -> option.substring("--".length()))
                .orElseGet(() -> NearestName.of(key, keys()));
    }

    private static String joined(OptionSpec option, TomlArray list, Place place) {
        if (option.splitRegex().isEmpty()) {
            throw refusal(option, list.toJson(), place, "one value; lists of values to try belong into a sweep");
        }
        StringJoiner text = new StringJoiner(option.splitRegex());
        list.toList().forEach(value -> text.add(value.toString()));
        return text.toString();
    }

    private static String part(OptionSpec option, TomlTable part, Place place) {
        boolean taken = option.type() == Part.class && part.isString(NAME);
        if (!taken) {
            String expected = option.type() == Part.class
                    ? "its name and settings, such as {name = \"...\", ...}"
                    : "one value, not a table";
            throw refusal(option, part.toJson(), place, expected);
        }
        List<String> settings = new ArrayList<>();
        part.toMap().forEach((key, value) -> settings.add(key + "=" + value));
        settings.remove(NAME + "=" + part.getString(NAME));
        return withSettings(String.valueOf(part.getString(NAME)), settings);
    }

    /** Returns a part with other values of these settings, {@code key=value} each. */
    public static String withSettings(String part, List<String> settings) {
        return settings.isEmpty() ? part : part + (part.contains(":") ? "," : ":") + String.join(",", settings);
    }

    private static UsageException refusal(OptionSpec option, String found, Place place, String expected) {
        return new UsageException("invalid value: " + place + ", key=" + Settings.key(option) + ", value="
                + Printable.line(found.replaceAll("\\s+", " ").strip()) + ", expected=" + expected);
    }
}
