package org.blazefl4j.soak;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.ToIntFunction;

/**
 * Kills runs that save checkpoints at random moments, from the start of the JVM on, and resumes them until they end.
 * Their results must then be those of an undisturbed run.
 */
final class CheckpointKills {

    private final Path folder;
    private final SoakNumbers numbers;
    private final SplittableRandom random;
    private final Map<String, Undisturbed> undisturbed = new LinkedHashMap<>();
    private final Map<String, List<KilledRun>> runs = new LinkedHashMap<>();

    /** The results and the pace of an undisturbed run. */
    private record Undisturbed(RunResults results, KilledRun.Pace pace) {}

    /** Works in an empty folder. */
    CheckpointKills(Path folder, SoakNumbers numbers) {
        this.folder = folder;
        this.numbers = numbers;
        this.random = new SplittableRandom(numbers.seed());
    }

    /** Kills and resumes at least as often as the numbers say, and returns a report in lines of Markdown. */
    List<String> run() throws Exception {
        List<String> names = trainingNames();
        for (int i = 0; !isEnough(); i++) {
            run(names.get(i % names.size()), Files.createDirectory(folder.resolve("run" + i)));
        }
        return report();
    }

    private List<String> trainingNames() {
        try (Experiments experiments = new Experiments()) {
            return experiments.training().stream()
                    .limit(numbers.algorithms())
                    .map(Experiment::name)
                    .toList();
        }
    }

    private void run(String name, Path runFolder) throws Exception {
        if (!undisturbed.containsKey(name)) {
            undisturbed.put(name, undisturbed(name));
        }
        Undisturbed expected = undisturbed.get(name);
        KilledRun run = new KilledRun(name, runFolder, random.split());
        runs.computeIfAbsent(name, key -> new ArrayList<>()).add(run);
        boolean complete = false;
        while (!complete && !isEnough()) {
            complete = run.startAndKill(expected.pace());
        }
        if (!complete) {
            run.startAndSpare();
        }
        RunResults.of(runFolder).requireEqual(expected.results());
    }

    private Undisturbed undisturbed(String name) throws Exception {
        Path runFolder = Files.createDirectory(folder.resolve("undisturbed-" + name));
        KilledRun.Pace pace = new KilledRun(name, runFolder, random.split()).startAndSpare();
        return new Undisturbed(RunResults.of(runFolder), pace);
    }

    private boolean isEnough() {
        return sum(KilledRun::kills) >= numbers.checkpointKills() && sum(KilledRun::resumes) >= numbers.resumes();
    }

    private int sum(ToIntFunction<KilledRun> number) {
        return runs.values().stream().flatMap(List::stream).mapToInt(number).sum();
    }

    private List<String> report() {
        List<String> lines = new ArrayList<>();
        lines.add("| algorithm | runs | rounds of each | kills | resumes | SHA-256 after the last round, of all |");
        lines.add("|---|---|---|---|---|---|");
        runs.forEach((name, all) -> lines.add(String.format(
                "| %s | %d | %d | %d | %d | %s |",
                name,
                all.size(),
                KilledRun.ROUNDS,
                all.stream().mapToInt(KilledRun::kills).sum(),
                all.stream().mapToInt(KilledRun::resumes).sum(),
                undisturbed.get(name).results().sha256())));
        return lines;
    }
}
