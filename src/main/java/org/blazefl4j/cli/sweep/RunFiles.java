package org.blazefl4j.cli.sweep;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.blazefl4j.cli.options.ExperimentFile;
import org.blazefl4j.cli.run.RunCommand;
import org.blazefl4j.util.Printable;
import org.blazefl4j.util.WholeFile;

/**
 * The folder of one run: its results, and in {@code state} its checkpoints, the experiment file that it is started with
 * and what it printed.
 *
 * @param experiment what the experiment file says, without what only changes the speed
 */
record RunFiles(Path folder, String experiment) {

    private static final String STOPS = String.join("|", RunCommand.STOPS);

    private static final String SPEED =
            "(execution-mode|num-parallels|device-data-share|device-result-share|step-graphs) = .*\n";

    static RunFiles of(Path sweep, PlannedRun run, String experiment) {
        return new RunFiles(sweep.resolve(run.folderName()), experiment.replaceAll(SPEED, ""));
    }

    Path state() {
        return folder.resolve("state");
    }

    Path console() {
        return state().resolve("console.txt");
    }

    Path errors() {
        return state().resolve("errors.txt");
    }

    /** Returns the figures of the run if it has completed with these settings. */
    Optional<Map<String, Double>> figures() {
        return isOf(folder.resolve(ExperimentFile.NAME)) ? RunSummary.figures(folder) : Optional.empty();
    }

    private boolean isOf(Path file) {
        return begunAs(file).filter(experiment::equals).isPresent();
    }

    private static Optional<String> begunAs(Path file) {
        try {
            return Optional.of(Files.readString(file).replaceAll(SPEED, ""));
        } catch (IOException e) {
            return Optional.empty(); // not begun
        }
    }

    /** Returns what the experiment says of some keys, an alternative in a regular expression. */
    String settings(String keys) {
        return settings(experiment, keys);
    }

    private static String settings(String text, String keys) {
        return Pattern.compile("^(" + keys + ") = .*$", Pattern.MULTILINE)
                .matcher(text)
                .results()
                .map(MatchResult::group)
                .collect(Collectors.joining(", "));
    }

    /**
     * Returns why the run cannot be continued: the target decided where it ended, so that its last checkpoint may be
     * beyond the round at which another target would have ended it.
     */
    Optional<String> refusal() {
        Path file = folder.resolve(ExperimentFile.NAME);
        String now = settings(STOPS);
        return begunAs(file)
                .map(text -> settings(text, STOPS))
                .filter(before -> !before.equals(now))
                .map(before -> "stop options changed: found=" + orNone(now) + ", expected="
                        + Printable.line(orNone(before)) + ", as in " + Printable.line(file)
                        + "; start as before, delete the run's folder, or use a new --output");
    }

    private static String orNone(String settings) {
        return settings.isEmpty() ? "none" : settings;
    }

    /**
     * Writes the experiment file to start the run with.
     *
     * @return the file
     */
    Path prepare(String text) {
        try {
            Files.createDirectories(state());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Path file = state().resolve(ExperimentFile.NAME);
        WholeFile.write(file, text);
        return file;
    }

    /**
     * Waits until no process uses the checkpoints: that of a sweep that was killed may take a moment to end.
     *
     * @param waiting is told if one does
     */
    void awaitUnused(Runnable waiting) {
        try (FileChannel lock = FileChannel.open(state().resolve("lock"), StandardOpenOption.WRITE)) {
            if (lock.tryLock() == null) {
                waiting.run();
                lock.lock();
            }
        } catch (NoSuchFileException e) {
            // no checkpoints yet
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns why the run ended, from what it printed. */
    String failure(int exitCode) {
        try {
            List<String> lines = Files.readAllLines(errors()).stream()
                    .filter(line -> !line.isBlank() && !line.startsWith("Add --verbose"))
                    .toList();
            String refusal = lines.stream()
                    .filter(line -> line.startsWith("blazefl4j"))
                    .map(line -> line.substring(line.indexOf(": ") + 2))
                    .collect(Collectors.joining("; "));
            String last = lines.isEmpty() ? "nothing on standard error" : lines.get(lines.size() - 1);
            return Printable.line(refusal.isEmpty() ? "exit code " + exitCode + ", " + last : refusal);
        } catch (IOException e) {
            return "exit code " + exitCode;
        }
    }
}
