package org.blazefl4j.cli.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.blazefl4j.report.ResultLines;
import org.blazefl4j.report.RunRecord;
import org.blazefl4j.util.Causes;

/** Finds and reads runs. */
public final class RecordedRuns {

    private RecordedRuns() {}

    /**
     * Reads runs, complete or not. A folder without a result file stands for the runs in it, in the order of their
     * names. Those are named by their paths whose folders have the same name.
     *
     * @throws IllegalArgumentException if there is no run, or one is damaged
     * @throws UncheckedIOException if a folder cannot be read
     */
    public static List<RunRecord> read(List<Path> named) {
        List<Path> paths = named.stream().flatMap(RecordedRuns::in).toList();
        List<RunRecord> runs = new ArrayList<>();
        paths.forEach(path -> runs.add(RunRecord.read(path, false)));
        boolean distinct = new HashSet<>(runs.stream().map(RunRecord::name).toList()).size() == runs.size();
        if (!distinct) {
            for (int i = 0; i < runs.size(); i++) {
                runs.set(i, runs.get(i).named(paths.get(i).toString()));
            }
        }
        return runs;
    }

    private static Stream<Path> in(Path named) {
        if (!Files.isDirectory(named) || isRun(named)) {
            return Stream.of(named);
        }
        try (Stream<Path> content = Files.list(named)) {
            List<Path> found = content.filter(RecordedRuns::isRun).sorted().toList();
            return found.isEmpty() ? Stream.of(named) : found.stream();
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot read the folder: folder=" + named + ", found=" + Causes.describe(e)
                            + "; choose a readable one",
                    e);
        }
    }

    private static boolean isRun(Path folder) {
        return Files.isDirectory(folder) && Files.exists(ResultLines.file(folder));
    }
}
