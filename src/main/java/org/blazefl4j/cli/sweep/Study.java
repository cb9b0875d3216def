package org.blazefl4j.cli.sweep;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.blazefl4j.cli.options.ExperimentFile;
import org.blazefl4j.cli.options.ExperimentSchema;
import org.blazefl4j.cli.options.Place;
import org.blazefl4j.cli.options.Settings;
import org.blazefl4j.cli.options.Settings.Setting;
import org.blazefl4j.cli.options.UsageException;

/**
 * The runs that a file stands for: each entry of its list with each combination of its grid, and these with each seed.
 *
 * @param runs seed by seed, so that early results are those of all settings
 * @param best the figure by which the best settings are chosen
 */
record Study(List<PlannedRun> runs, String best) {

    private static final int MOST_RUNS = 10_000;

    /**
     * Reads a study.
     *
     * @throws UsageException if a key is unknown, a value is of the wrong kind, two runs are the same, or there are too
     *     many
     */
    static Study read(Path file, ExperimentSchema schema) {
        StudyReader read = new StudyReader(ExperimentFile.read(file), schema);
        List<Settings> combinations =
                read.list().stream().map(read.base()::with).toList();
        for (GridAxis axis : read.grid()) {
            requireFew(file, (long) combinations.size() * axis.values().size());
            combinations = combinations.stream().flatMap(axis::applyTo).toList();
        }
        requireFew(file, (long) combinations.size() * read.seeds().size());
        Set<String> varied = varied(read, schema);
        List<PlannedRun> runs = new ArrayList<>();
        for (long seed : read.seeds()) {
            Setting setting = new Setting(Long.toString(seed), new Place(file, 1));
            for (Settings settings : combinations) {
                runs.add(new PlannedRun(chosen(settings, varied), seed, settings.with(StudyReader.SEED, setting)));
            }
        }
        requireDistinct(file, runs);
        return new Study(runs, read.best());
    }

    /** Returns the keys in which runs may differ, in the order of the schema, so that folders keep their names. */
    private static Set<String> varied(StudyReader read, ExperimentSchema schema) {
        Set<String> keys = new TreeSet<>(Comparator.comparingInt(schema.keys()::indexOf));
        read.list().forEach(entry -> keys.addAll(entry.byKey().keySet()));
        read.grid().forEach(axis -> keys.add(axis.key()));
        return keys;
    }

    private static Map<String, String> chosen(Settings settings, Set<String> keys) {
        Map<String, String> chosen = new LinkedHashMap<>();
        keys.forEach(key -> settings.get(key).ifPresent(setting -> chosen.put(key, setting.text())));
        return chosen;
    }

    private static void requireFew(Path file, long runs) {
        if (runs > MOST_RUNS) {
            throw new UsageException(
                    "too many runs: file=" + file + ", runs=" + runs + ", limit=" + MOST_RUNS + "; divide the study");
        }
    }

    private static void requireDistinct(Path file, List<PlannedRun> runs) {
        Set<String> names = new HashSet<>();
        for (PlannedRun run : runs) {
            if (!names.add(run.folderName())) {
                throw new UsageException("the same run twice: file=" + file + ", run=" + run.title()
                        + "; remove one of the values that are equal");
            }
        }
    }

    /** Returns the keys in which runs differ. */
    List<String> varied() {
        return runs.stream()
                .flatMap(run -> run.varied().keySet().stream())
                .distinct()
                .toList();
    }

    /** Returns the runs by what they share but the seed, in order. */
    Stream<List<PlannedRun>> bySettings() {
        Map<Map<String, String>, List<PlannedRun>> groups = new LinkedHashMap<>();
        runs.forEach(run -> groups.computeIfAbsent(run.varied(), settings -> new ArrayList<>())
                .add(run));
        return groups.values().stream();
    }
}
