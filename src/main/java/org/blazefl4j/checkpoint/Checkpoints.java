package org.blazefl4j.checkpoint;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.blazefl4j.binding.Build;
import org.blazefl4j.checkpoint.CheckpointFile.Header;
import org.blazefl4j.checkpoint.CheckpointFolder.Latest;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.Printable;
import org.jspecify.annotations.Nullable;

/**
 * Saves a run to a folder every few rounds, and resumes it with the same bits.
 *
 * <pre>{@code
 * try (Checkpoints checkpoints = Checkpoints.in(folder).every(5).configuration(settings)) {
 *     checkpoints.add("handler", handler).add("trainer", trainer).add("csv", csv);
 *     if (checkpoints.resume().isEmpty()) {
 *         checkpoints.save(0);
 *     }
 *     new Simulation<>(handler, trainer).addListener(csv).addListener(checkpoints).run();
 * }
 * }</pre>
 *
 * <p>As a listener, add it last, after the listeners whose files are parts of the checkpoint: it saves after each n-th
 * round, and the last completed round when the run ends or is stopped. A hand-written loop calls {@link #save} between
 * two rounds. A checkpoint consists of what its parts save: the handler, the trainer with its clients' states,
 * positions in result files, your own random streams ({@link Checkpointable#of}).
 *
 * <p>A checkpoint is written to a temporary file, synced to disk and then renamed, so that neither a killed process nor
 * a power cut leaves half of one; earlier ones are deleted afterwards. Writing and reading need memory for the largest
 * entry and the entries' names.
 *
 * <p>{@link #resume()} reads a file from end to end and verifies its checksum before it restores anything. It reports a
 * damaged or truncated file and uses the previous one.
 *
 * <p>A folder belongs to one run; a lock rejects a second one, in this process or another, while the first is open. A
 * run that ends before its first save leaves neither the lock nor a new folder.
 *
 * <p>Not thread-safe: use it in the thread that runs the rounds.
 */
public final class Checkpoints implements RoundListener<Object>, AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Checkpoints.class.getName());
    private static final int NOTHING = CheckpointFolder.NO_ROUND;

    private final Path path;
    private final Map<String, Checkpointable> parts = new LinkedHashMap<>();
    private final Set<String> changeable = new LinkedHashSet<>();
    private Map<String, String> configuration = Map.of();
    private @Nullable Map<String, String> environment;
    private int every = 1;
    private int keep = 3;
    private @Nullable CheckpointFolder folder;
    private @Nullable Latest latest;
    private boolean begun;
    private boolean closed;
    private int saved = NOTHING;
    private int completed = NOTHING;

    private Checkpoints(Path path) {
        this.path = path;
    }

    /**
     * Saves to a folder, which is created and locked at its first use.
     *
     * @param folder used by this run only
     */
    public static Checkpoints in(Path folder) {
        return new Checkpoints(Objects.requireNonNull(folder, "folder"));
    }

    /**
     * Sets the number of rounds between the listener's saves; the default is 1.
     *
     * @throws IllegalArgumentException if it is below 1
     */
    public Checkpoints every(int rounds) {
        every = atLeastOne("every", rounds);
        return this;
    }

    /**
     * Sets the number of files to keep; the default is 3. If the disk is full, old files are deleted before a new one
     * is written; at least one stays.
     *
     * @throws IllegalArgumentException if it is below 1
     */
    public Checkpoints keep(int files) {
        keep = atLeastOne("keep", files);
        return this;
    }

    private static int atLeastOne(String name, int value) {
        Arguments.require(value >= 1, "count too small: " + name + "=" + value + ", limit=1 or more");
        return value;
    }

    /**
     * Sets everything that the run's bits depend on, by name, such as the hash of its data
     * ({@code ImageData.sha256()}). A run is not resumed with another configuration.
     *
     * @param values compared by their {@code toString()}
     */
    public Checkpoints configuration(Map<String, ?> values) {
        configuration = SavedRun.text(values);
        return this;
    }

    /**
     * Adds names of the configuration that may change when the run is resumed because bits do not depend on them: the
     * execution mode, the number of workers, the number of rounds.
     */
    public Checkpoints mayChange(String... names) {
        changeable.addAll(List.of(names));
        return this;
    }

    /** Sets the numeric environment of the run; the default is that of the thread that saves or resumes. */
    public Checkpoints environment(NumericEnvironment values) {
        environment = SavedRun.text(values.toMap());
        return this;
    }

    /**
     * Adds a part. Parts are saved and restored in the order in which they are added.
     *
     * @param name identifies the part in the file
     * @param part remains the caller's
     * @throws IllegalArgumentException if the name is taken
     * @throws IllegalStateException if the run has been resumed or saved already
     */
    public Checkpoints add(String name, Checkpointable part) {
        Objects.requireNonNull(part, "part");
        if (begun) {
            throw new IllegalStateException("part added too late: part=" + name
                    + "; add parts before the first resume() or save(), so that they are restored");
        }
        if (parts.putIfAbsent(Objects.requireNonNull(name, "name"), part) != null) {
            throw new IllegalArgumentException("part added twice: part=" + name + "; choose another name");
        }
        return this;
    }

    /**
     * Returns the checkpoint that {@link #resume()} would use, without restoring anything, for example to locate a
     * run's results. Needs no parts and does not load LibTorch.
     *
     * @return empty if the folder holds none
     * @throws CheckpointException if all are damaged, the latest has another configuration or version, or the folder is
     *     in use
     * @throws UncheckedIOException if the folder cannot be read
     */
    public Optional<SavedRun> latest() {
        Latest found = find();
        return Optional.ofNullable(found.file()).map(file -> describe(file, found.skipped()));
    }

    private SavedRun describe(CheckpointFile file, List<String> skipped) {
        List<String> changes =
                SavedRun.changes(fixed(configuration), fixed(file.header().configuration()));
        if (!changes.isEmpty()) {
            throw new CheckpointException("configuration changed: file=" + file.path() + ", "
                    + String.join(", ", changes) + "; start as before, or with another checkpoint folder");
        }
        Header header = file.header();
        return new SavedRun(
                file.path(), header.round(), header.createdBy(), header.configuration(), header.environment(), skipped);
    }

    private Map<String, String> fixed(Map<String, String> values) {
        Map<String, String> fixed = new LinkedHashMap<>(values);
        fixed.keySet().removeAll(changeable);
        return fixed;
    }

    /**
     * Restores all parts from the latest intact checkpoint. Logs a warning for each damaged file and for differences of
     * the numeric environment.
     *
     * @return empty if the folder holds none: the run starts from the beginning
     * @throws CheckpointException if all are damaged, the latest has another configuration, version or parts, a part
     *     rejects its saved state, or the folder is in use
     * @throws IllegalStateException if the run has been resumed or saved already
     * @throws UncheckedIOException if the folder cannot be read
     */
    public Optional<SavedRun> resume() {
        if (begun) {
            throw new IllegalStateException(
                    "resumed too late: folder=" + path + "; call resume() once, before the first save");
        }
        Latest found = find();
        Optional<SavedRun> resumed = Optional.ofNullable(found.file()).map(file -> restore(file, found.skipped()));
        begun = true; // only now: a rejected run is still in the folder and must not be overwritten
        closeLatest();
        return resumed;
    }

    private SavedRun restore(CheckpointFile file, List<String> skipped) {
        SavedRun run = describe(file, skipped);
        checkParts(file);
        parts.forEach((name, part) -> restore(file, name, part));
        saved = run.round();
        List<String> differences = SavedRun.environmentChanges(environment(), run.environment());
        if (!differences.isEmpty()) {
            LOG.log(Level.WARNING, "numeric environment changed, bits may differ: {0}", String.join(", ", differences));
        }
        return run;
    }

    /** Opens the latest intact file, once. */
    private Latest find() {
        if (latest != null) {
            return latest;
        }
        Latest found;
        try {
            found = open().latest();
        } catch (IOException e) {
            throw failed("read", e);
        }
        for (String line : found.skipped()) {
            LOG.log(Level.WARNING, "checkpoint not used: {0}", line);
        }
        latest = found;
        return found;
    }

    private void checkParts(CheckpointFile file) {
        Set<String> missing = new LinkedHashSet<>(file.parts());
        missing.removeAll(parts.keySet());
        Set<String> unknown = new LinkedHashSet<>(parts.keySet());
        unknown.removeAll(file.parts());
        if (!missing.isEmpty() || !unknown.isEmpty()) {
            throw new CheckpointException("parts changed: file=" + file.path() + ", saved but not added="
                    + Printable.line(missing)
                    + ", added but not saved=" + unknown + "; add the parts that the run was saved with");
        }
    }

    private static void restore(CheckpointFile file, String name, Checkpointable part) {
        try {
            part.restore(file.part(name, part.getClass().getClassLoader()));
        } catch (RuntimeException e) {
            throw new CheckpointException(
                    "part does not fit what was saved: part=" + name + ", file=" + file.path() + ", found="
                            + e.getMessage(),
                    e);
        }
    }

    private Map<String, String> environment() {
        return environment != null
                ? environment
                : SavedRun.text(NumericEnvironment.capture().toMap());
    }

    /**
     * Checks, before the run, that the folder holds no other run's checkpoints. The first {@link #save} of a run that
     * was not resumed does the same.
     *
     * @throws CheckpointException if the folder is in use or holds checkpoints
     * @throws UncheckedIOException if the folder cannot be created or read
     */
    public void startAnew() {
        CheckpointFolder opened = open();
        try {
            List<Path> files = opened.newestFirst();
            if (!files.isEmpty()) {
                throw new CheckpointException("checkpoint folder holds a run: folder=" + path + ", found="
                        + files.get(0) + ", expected=an empty folder; resume that run, or name another folder");
            }
        } catch (IOException e) {
            throw failed("read", e);
        }
    }

    /**
     * Saves now, between two rounds.
     *
     * @param round the number of completed rounds; 0 before the first, so that a run killed early can be resumed
     * @throws CheckpointException if the folder is in use, or holds checkpoints from which this run was not resumed
     * @throws IllegalStateException if this is closed
     * @throws UncheckedIOException if the file cannot be written; earlier ones stay intact
     */
    public void save(int round) {
        CheckpointFolder opened = open();
        if (!begun) {
            startAnew();
            begun = true;
        }
        Header header = new Header(round, Build.VERSION, configuration, environment());
        try {
            opened.write(round, file -> write(file, header), keep, saved);
            saved = round;
            opened.keep(keep, round);
        } catch (IOException e) {
            throw failed("written", e);
        }
    }

    private void write(OutputStream file, Header header) throws IOException {
        CheckpointOutput out = new CheckpointOutput(file, header);
        for (Map.Entry<String, Checkpointable> part : parts.entrySet()) {
            out.part(part.getKey(), part.getValue());
        }
        out.finish();
    }

    @Override
    public void roundFinished(RoundReport report) {
        completed = report.round() + 1;
        if (completed % every == 0) {
            save(completed);
        }
    }

    @Override
    public void runFinished(Simulation.Summary summary) {
        if (completed != NOTHING && completed != saved) {
            save(completed);
        }
    }

    private CheckpointFolder open() {
        if (closed) {
            throw new IllegalStateException("checkpoints are closed: folder=" + path + "; make new ones and resume");
        }
        if (folder == null) {
            try {
                folder = new CheckpointFolder(path);
            } catch (IOException e) {
                throw failed("used", e);
            }
        }
        return folder;
    }

    private UncheckedIOException failed(String what, IOException e) {
        return new UncheckedIOException(
                "checkpoints cannot be " + what + ": folder=" + path + ", found=" + Causes.describe(e)
                        + "; name a folder that can be written to and has room",
                e);
    }

    private void closeLatest() {
        if (latest != null && latest.file() != null) {
            latest.file().close();
        }
        latest = null;
    }

    /** Unlocks the folder without saving, since the run may have failed midway. */
    @Override
    public void close() {
        closed = true;
        closeLatest();
        if (folder != null) {
            try {
                folder.close();
            } catch (IOException e) {
                throw failed("closed", e);
            }
            folder = null;
        }
    }
}
