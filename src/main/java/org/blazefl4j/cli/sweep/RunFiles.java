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
import java.util.stream.Collectors;
import org.blazefl4j.cli.options.ExperimentFile;
import org.blazefl4j.util.Printable;
import org.blazefl4j.util.WholeFile;

/**
 * The folder of one run: its results, and in {@code state} its checkpoints, the experiment file that it is started with
 * and what it printed.
 *
 * @param experiment what the experiment file says, without what only changes the speed
 */
record RunFiles(Path folder, String experiment) {

    private static final String SPEED = "(execution-mode|num-parallels) = .*\n";

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
        try {
            return Files.readString(file).replaceAll(SPEED, "").equals(experiment);
        } catch (IOException e) {
            return false; // not begun
        }
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
