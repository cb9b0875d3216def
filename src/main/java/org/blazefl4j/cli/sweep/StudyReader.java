package org.blazefl4j.cli.sweep;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.LongStream;
import org.blazefl4j.cli.options.ExperimentFile;
import org.blazefl4j.cli.options.ExperimentSchema;
import org.blazefl4j.cli.options.NearestName;
import org.blazefl4j.cli.options.Place;
import org.blazefl4j.cli.options.Settings;
import org.blazefl4j.cli.options.Settings.Setting;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.cli.run.RunCommand;
import org.blazefl4j.util.Printable;
import org.jspecify.annotations.Nullable;
import org.tomlj.TomlArray;
import org.tomlj.TomlTable;

/** Reads the parts of a study from its file. */
final class StudyReader {

    /** The key that each run of the same settings has another value of. */
    static final String SEED = "seed";

    private static final String SEEDS = "seeds";
    private static final String GRID = "grid";
    private static final String LIST = "list";
    private static final String BEST = "best";
    private static final List<String> KEYS = List.of(SEEDS, GRID, LIST, BEST);

    /** What the sweep chooses for each run. */
    private static final Set<String> PLACES = Set.of("output", "checkpoint-dir", "resume");

    private static final long MOST_SEEDS = 10_000;

    private final Path file;
    private final ExperimentSchema schema;
    private final TomlTable sweep;
    private final Settings base;

    StudyReader(ExperimentFile experiment, ExperimentSchema schema) {
        this.file = experiment.file();
        this.schema = schema;
        TomlTable content = experiment.content();
        if (!content.isTable(RunCommand.SWEEP)) {
            throw new UsageException("no sweep: file=" + Printable.line(file) + ", expected=a table " + RunCommand.SWEEP
                    + ", such as [sweep] with the line seeds = 3; use the command run for a single run");
        }
        this.base = allowed(schema.settings(file, content, Set.of(RunCommand.SWEEP)));
        this.sweep = content.getTableOrEmpty(RunCommand.SWEEP);
        for (String key : sweep.keySet()) {
            if (!KEYS.contains(key)) {
                throw new UsageException("unknown key: " + place(sweep, key) + ", key=sweep." + Printable.line(key)
                        + ", expected=one of " + KEYS + "; did you mean " + NearestName.of(key, KEYS) + "?");
            }
        }
    }

    private Place place(TomlTable table, String key) {
        return ExperimentSchema.place(file, table.inputPositionOf(List.of(key)));
    }

    private Settings allowed(Settings settings) {
        settings.byKey().forEach((key, setting) -> requireAllowed(key, setting.place()));
        return settings;
    }

    private static void requireAllowed(String key, Place place) {
        if (PLACES.contains(key)) {
            throw new UsageException("key not for sweeps: " + place + ", key=" + key
                    + ", expected=no places of files; remove the line, and use the option --output of sweep");
        }
    }

    private static UsageException refusal(Place place, String key, String expected) {
        return new UsageException("invalid value: " + place + ", key=sweep." + key + ", expected=" + expected);
    }

    /** Returns what all runs share. */
    Settings base() {
        return base;
    }

    /** Returns the seeds of each run: as listed, or so many from the base's on. */
    List<Long> seeds() {
        long first = Long.parseLong(base.get(SEED).map(Setting::text).orElse(schema.usual(SEED)));
        Object value = sweep.get(SEEDS);
        if (value == null) {
            return List.of(first);
        }
        if (value instanceof Long count && count > 0 && count <= MOST_SEEDS) {
            if (first > Long.MAX_VALUE - (count - 1)) {
                throw refusal(
                        place(sweep, SEEDS),
                        SEEDS,
                        "no seed above " + Long.MAX_VALUE + ", with " + SEED + "=" + first
                                + " as the first; lower one of the two");
            }
            return LongStream.rangeClosed(first, first + (count - 1)).boxed().toList();
        }
        if (value instanceof TomlArray list
                && !list.isEmpty()
                && list.toList().stream().allMatch(Long.class::isInstance)) {
            return list.toList().stream().map(Long.class::cast).toList();
        }
        throw refusal(place(sweep, SEEDS), SEEDS, "whole numbers in an array, or how many, up to " + MOST_SEEDS);
    }

    /** Returns the figure by which the best settings are chosen. */
    String best() {
        Object value = sweep.get(BEST);
        if (value == null) {
            return "accuracy";
        }
        if (value instanceof String figure && figure.matches("\\w+")) {
            return figure;
        }
        throw refusal(place(sweep, BEST), BEST, "the name of a figure, such as \"accuracy\" or \"loss\"");
    }

    /** Returns the entries of the list; one without settings if there is none. */
    List<Settings> list() {
        Object value = sweep.get(LIST);
        if (value == null) {
            return List.of(Settings.NONE);
        }
        List<Settings> entries = new ArrayList<>();
        if (value instanceof TomlArray list) {
            for (Object entry : list.toList()) {
                if (entry instanceof TomlTable table) {
                    entries.add(varied(schema.settings(file, table)));
                }
            }
            if (!entries.isEmpty() && entries.size() == list.size()) {
                return entries;
            }
        }
        throw refusal(place(sweep, LIST), LIST, "tables, each below a line [[sweep.list]]");
    }

    private Settings varied(Settings settings) {
        settings.byKey().forEach((key, setting) -> requireVariable(key, setting.place()));
        return settings;
    }

    private static void requireVariable(String key, Place place) {
        requireAllowed(key, place);
        if (key.equals(SEED)) {
            throw new UsageException("invalid key: " + place + ", key=seed, expected=seeds in the table sweep, since"
                    + " tables have means over them");
        }
    }

    /** Returns the axes of the grid, in the order of the file. */
    List<GridAxis> grid() {
        Object value = sweep.get(GRID);
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof TomlTable grid)) {
            throw refusal(place(sweep, GRID), GRID, "keys with arrays of values, below a line [sweep.grid]");
        }
        List<GridAxis> axes = new ArrayList<>();
        for (String key : grid.keySet()) {
            Place place = place(grid, key);
            requireVariable(key, place);
            TomlTable settings = grid.isTable(List.of(key)) ? grid.getTable(List.of(key)) : null;
            if (settings == null) {
                axes.add(axis(key, "", array(key, grid.get(List.of(key)), place)));
            } else {
                settings.keySet()
                        .forEach(name ->
                                axes.add(axis(key, name, array(key + "." + name, settings.get(List.of(name)), place))));
            }
        }
        return axes;
    }

    private static TomlArray array(String key, @Nullable Object value, Place place) {
        if (value instanceof TomlArray list && !list.isEmpty()) {
            return list;
        }
        throw refusal(place, "grid." + key, "an array of values to try");
    }

    private GridAxis axis(String key, String setting, TomlArray list) {
        List<Setting> values = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            Object value = Objects.requireNonNull(list.get(i));
            Place place = ExperimentSchema.place(file, list.inputPositionOf(i));
            values.add(setting.isEmpty() ? schema.setting(key, value, place) : new Setting(value.toString(), place));
        }
        return new GridAxis(key, setting, schema.usual(key), values);
    }
}
