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
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.SimulationSummary;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.Printable;

/**
 * Saves a run to a folder after every so many rounds, and lets it go on from there with the same bits.
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
 * <p>As a listener it is added last, after those whose files are parts of the checkpoint: it saves after each n-th
 * round, and the last completed round when the run ends or is stopped. A loop of one's own calls {@link #save} between
 * two rounds. What is saved is whatever the parts wrote: the handler, the trainer with its clients' states, positions
 * in result files, random streams of one's own ({@link RandomParts}).
 *
 * <p>A checkpoint is written to a temporary file, synced to the disk and then named, so that there is no moment at
 * which a killed process or a power cut leaves half of one; earlier ones are deleted after that. Memory for writing and
 * reading is that of the largest entry and of the entries' names.
 *
 * <p>{@link #resume()} reads a file from end to end and compares its checksum before anything is restored. A file that
 * is damaged or cut is reported and the one before it is used.
 *
 * <p>One folder belongs to one run; a lock refuses a second one, in this process or another, while the first is open. A
 * run that ends before it saved anything leaves neither the lock nor a folder that was not there before.
 *
 * <h2>The file</h2>
 *
 * <p>Numbers are big-endian; a text is its length in bytes (4 bytes) and its UTF-8; texts by name are their number (4
 * bytes) and name and value of each.
 *
 * <ol>
 *   <li>the 8 bytes {@code BFL4JCKP}, and the version of the format (4 bytes), which is 1
 *   <li>the number of completed rounds (4 bytes), the version of the library that wrote it (text), the configuration
 *       and the numeric environment (texts by name)
 *   <li>for each part: the byte 1 and its name (text); for each of its entries: the byte 2, its name (text), its length
 *       in bytes (8 bytes) and the value, in the encoding in which packages cross to worker processes
 *   <li>the byte 0
 *   <li>the SHA-256 of all that is before it (32 bytes)
 * </ol>
 *
 * <p>Not thread-safe: used by the thread that runs the rounds.
 */
public final class Checkpoints implements RoundListener<Object>, AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Checkpoints.class.getName());

    private static final int NOTHING = -1;

    private final Path path;
    private final Map<String, Checkpointable> parts = new LinkedHashMap<>();
    private final Set<String> free = new LinkedHashSet<>();
    private Map<String, String> configuration = Map.of();
    private Map<String, String> environment;
    private int every = 1;
    private int keep = 3;

    private CheckpointFolder folder;
    private Search search;
    private boolean begun;
    private boolean closed;
    private int saved = NOTHING;
    private int completed = NOTHING;

    private Checkpoints(Path path) {
        this.path = path;
    }

    /**
     * Checkpoints in a folder, which is made and locked when it is first used.
     *
     * @param folder of this run alone
     */
    public static Checkpoints in(Path folder) {
        return new Checkpoints(Objects.requireNonNull(folder, "folder"));
    }

    /**
     * After how many rounds the listener saves; 1 unless set.
     *
     * @throws IllegalArgumentException if it is below 1
     */
    public Checkpoints every(int rounds) {
        every = atLeastOne("every", rounds);
        return this;
    }

    /**
     * How many files are kept; 3 unless set. While one is written there are as many beside it as fit on the disk, one
     * at the least.
     *
     * @throws IllegalArgumentException if it is below 1
     */
    public Checkpoints keep(int files) {
        keep = atLeastOne("keep", files);
        return this;
    }

    private static int atLeastOne(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException("count too small: " + name + "=" + value + ", limit=1 or more");
        }
        return value;
    }

    /**
     * What the run's bits depend on, by name, such as the hash of its data ({@code ImageData.sha256()}): a run is not
     * resumed with another configuration.
     *
     * @param values compared by their {@code toString()}
     */
    public Checkpoints configuration(Map<String, ?> values) {
        configuration = Changes.text(values);
        return this;
    }

    /**
     * Names of the configuration that may change from one start to the next, for bits do not depend on them: the
     * execution mode, the number of workers, the number of rounds.
     */
    public Checkpoints mayChange(String... names) {
        free.addAll(List.of(names));
        return this;
    }

    /** The numeric environment of the run; that of the thread that saves or resumes, unless set. */
    public Checkpoints environment(NumericEnvironment values) {
        environment = Changes.text(values.toMap());
        return this;
    }

    /**
     * Adds a part. Parts are saved and restored in the order in which they were added.
     *
     * @param name under which it is in the file
     * @param part stays the caller's
     * @throws IllegalArgumentException if the name is taken
     * @throws IllegalStateException if the run has been resumed or saved already
     */
    public Checkpoints add(String name, Checkpointable part) {
        Objects.requireNonNull(part, "part");
        if (begun) {
            throw new IllegalStateException("part added too late: part=" + name
                    + ", limit=before the first resume() or save(); a part that is not restored would start anew");
        }
        if (parts.putIfAbsent(Objects.requireNonNull(name, "name"), part) != null) {
            throw new IllegalArgumentException("part added twice: part=" + name + ", limit=once; name another");
        }
        return this;
    }

    /**
     * The checkpoint from which {@link #resume()} would go on, without restoring anything: to find out where a run's
     * results are, say. Needs no parts and does not load LibTorch.
     *
     * @return empty if the folder holds none
     * @throws CheckpointException if all are damaged, the latest is of another configuration or of another version, or
     *     the folder is in use
     * @throws UncheckedIOException if the folder cannot be read
     */
    public Optional<SavedRun> latest() {
        CheckpointFile file = find();
        if (file == null) {
            return Optional.empty();
        }
        checkConfiguration(file);
        Header header = file.header();
        return Optional.of(new SavedRun(
                file.path(),
                header.round(),
                header.createdBy(),
                header.configuration(),
                header.environment(),
                search.skipped()));
    }

    /**
     * Restores all parts from the latest undamaged checkpoint.
     *
     * @return empty if the folder holds none: the run starts from the beginning
     * @throws CheckpointException if all are damaged, the latest is of another configuration, another version, or has
     *     other parts, a part does not fit what was saved, or the folder is in use
     * @throws IllegalStateException if the run has been resumed or saved already
     * @throws UncheckedIOException if the folder cannot be read
     */
    public Optional<ResumedRun> resume() {
        if (begun) {
            throw new IllegalStateException("resumed too late: folder=" + path + ", limit=once, before the first save");
        }
        Optional<ResumedRun> resumed = Optional.ofNullable(find()).map(this::resume);
        begun = true; // not before: a run that was refused is in the folder still, and not to be saved over
        closeSearch();
        return resumed;
    }

    private ResumedRun resume(CheckpointFile file) {
        checkConfiguration(file);
        checkParts(file);
        parts.forEach((name, part) -> restore(file, name, part));
        saved = file.header().round();
        return new ResumedRun(file.path(), saved, environmentDifferences(file), search.skipped());
    }

    /** The latest undamaged file, looked for once; null if there is none. */
    private CheckpointFile find() {
        if (search == null) {
            open();
            try {
                search = Search.in(folder);
            } catch (IOException e) {
                throw failed("read", e);
            }
            for (String line : search.skipped()) {
                LOG.log(Level.WARNING, "checkpoint not used: {0}", line);
            }
        }
        return search.found();
    }

    private void checkConfiguration(CheckpointFile file) {
        List<String> changes =
                Changes.between(fixed(configuration), fixed(file.header().configuration()));
        if (!changes.isEmpty()) {
            throw new CheckpointException("configuration changed: file=" + file.path() + ", "
                    + String.join(", ", changes) + "; start as before, or with another checkpoint folder");
        }
    }

    private Map<String, String> fixed(Map<String, String> values) {
        Map<String, String> fixed = new LinkedHashMap<>(values);
        fixed.keySet().removeAll(free);
        return fixed;
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

    private List<String> environmentDifferences(CheckpointFile file) {
        List<String> differences = Changes.between(environment(), file.header().environment());
        if (!differences.isEmpty()) {
            LOG.log(Level.WARNING, "numeric environment changed, bits may differ: {0}", String.join(", ", differences));
        }
        return differences;
    }

    private Map<String, String> environment() {
        return environment != null
                ? environment
                : Changes.text(NumericEnvironment.capture().toMap());
    }

    /**
     * Makes sure, before anything is run, that no other run's checkpoints are in the way. The first {@link #save} of a
     * run that was not resumed does the same.
     *
     * @throws CheckpointException if the folder is in use or holds checkpoints
     * @throws UncheckedIOException if the folder cannot be made or read
     */
    public void startAnew() {
        open();
        try {
            List<Path> files = folder.newestFirst();
            if (!files.isEmpty()) {
                throw new CheckpointException("checkpoint folder holds a run: folder=" + path + ", found="
                        + files.get(0) + ", limit=an empty folder; resume that run, or name another folder");
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
     * @throws UncheckedIOException if the file cannot be written; earlier ones are untouched
     */
    public void save(int round) {
        open();
        if (!begun) {
            startAnew();
            begun = true;
        }
        Header header = new Header(round, Build.VERSION, configuration, environment());
        try {
            write(round, file -> write(file, header));
            saved = round;
            folder.keep(keep, round);
        } catch (IOException e) {
            throw failed("written", e);
        }
    }

    /** Where there is no space, the files that are to go afterwards go before; the last one that is whole stays. */
    private void write(int round, CheckpointFolder.Content content) throws IOException {
        boolean written = false;
        while (!written) {
            try {
                folder.write(round, content);
                written = true;
            } catch (IOException e) {
                if (!Causes.isNoSpace(e)) {
                    throw e;
                }
                if (saved == NOTHING || !makesRoom()) {
                    throw new IOException(
                            Causes.describe(e) + ", needed=" + length(content) + " bytes, limit=" + folder.free()
                                    + " bytes free",
                            e);
                }
            }
        }
    }

    /** Deletes the oldest file, as long as there is another. */
    private boolean makesRoom() throws IOException {
        boolean deleted = false;
        for (int kept = Math.max(1, keep - 1); kept > 0 && !deleted; kept--) {
            deleted = folder.keep(kept, saved);
        }
        return deleted;
    }

    private static long length(CheckpointFolder.Content content) throws IOException {
        try (CountingStream counter = new CountingStream()) {
            content.writeTo(counter);
            return counter.bytes;
        }
    }

    /** Writes nowhere. */
    private static final class CountingStream extends OutputStream {
        private long bytes;

        @Override
        public void write(int b) {
            bytes++;
        }

        @Override
        public void write(byte[] from, int offset, int length) {
            bytes += length;
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
    public void runFinished(SimulationSummary summary) {
        if (completed != NOTHING && completed != saved) {
            save(completed);
        }
    }

    private void open() {
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
    }

    private UncheckedIOException failed(String what, IOException e) {
        return new UncheckedIOException(
                "checkpoints cannot be " + what + ": folder=" + path + ", found=" + Causes.describe(e)
                        + "; name a folder that can be written to and has room",
                e);
    }

    private void closeSearch() {
        if (search != null && search.found() != null) {
            search.found().close();
        }
        search = null;
    }

    /** Lets go of the folder. Saves nothing: what failed midway is no state to go on from. */
    @Override
    public void close() {
        closed = true;
        closeSearch();
        if (folder != null) {
            try {
                folder.close();
            } catch (IOException e) {
                throw failed("left", e);
            }
            folder = null;
        }
    }
}
