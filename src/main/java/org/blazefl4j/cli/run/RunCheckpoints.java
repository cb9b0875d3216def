package org.blazefl4j.cli.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.blazefl4j.checkpoint.CheckpointException;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.checkpoint.ResumedRun;
import org.blazefl4j.checkpoint.SavedRun;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.LastBatch;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.util.Printable;

/**
 * The checkpoints of a run, as far as the user asked for them.
 *
 * <p>A run can be resumed wherever it was killed: the first checkpoint, of round 0, is written before its result files
 * are made, and names their folder; what is there before it is at most an empty folder.
 */
public final class RunCheckpoints implements AutoCloseable {

    /** Under which the run's folder is in the checkpoint's configuration. */
    private static final String OUTPUT = "output";

    /** The file in the folder of checkpoints that is there whenever it is in use. */
    private static final String LOCK = "lock";

    /** Under which the SHA-256 of the images is in result files and in the checkpoint's configuration. */
    public static final String DATA = "data_sha256";

    /**
     * Bits do not depend on these, or only through failures that no start repeats; the data is compared when it is
     * read.
     */
    private static final String[] MAY_CHANGE = {
        OUTPUT,
        DATA,
        "global_round",
        "execution_mode",
        "num_parallels",
        "data_dir",
        "retries",
        "on_client_failure",
        FailureSettings.ON_NON_FINITE, // looked at by itself
        "client_time_limit"
    };

    private final CheckpointSettings asked;
    private final Map<String, Object> configuration;
    private final Checkpoints checkpoints;
    private Optional<SavedRun> saved = Optional.empty();

    /**
     * Looks for what there is to go on from. Does not load LibTorch.
     *
     * @throws UsageException if there is a run that is not asked for, not this one or longer, or the folder cannot be
     *     used
     */
    RunCheckpoints(CheckpointSettings asked, RunSettings settings) {
        this.asked = asked;
        this.configuration = configuration(settings);
        this.checkpoints = asked.folder() == null
                ? null
                : Checkpoints.in(asked.folder())
                        .every(asked.every())
                        .keep(asked.keep())
                        .configuration(configuration)
                        .mayChange(MAY_CHANGE);
        try {
            this.saved = refusing(this::look);
            saved.ifPresent(run -> requireRoundsFor(run, settings.globalRound()));
            saved.ifPresent(this::requireSameDrops);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** What is saved of a run's settings. */
    static Map<String, Object> configuration(RunSettings settings) {
        Map<String, Object> map = settings.toMap();
        map.replace("last_batch", LastBatch.KEEP.toString(), null); // as earlier versions have saved it
        return map;
    }

    private Optional<SavedRun> look() {
        if (checkpoints == null) {
            return Optional.empty();
        }
        if (asked.resume()) {
            return checkpoints.latest();
        }
        checkpoints.startAnew();
        return Optional.empty();
    }

    private static void requireRoundsFor(SavedRun run, int rounds) {
        if (run.round() > rounds) {
            throw new UsageException("more rounds are saved: --global-round=" + rounds + ", file=" + run.file()
                    + ", limit=" + run.round() + " or more; ask for as many, or start again in another folder");
        }
    }

    /** Rounds that have gone on without diverged clients, or with them, are not to be followed by others. */
    private void requireSameDrops(SavedRun run) {
        Map<String, String> before = run.configuration();
        String policy = before.getOrDefault(FailureSettings.ON_NON_FINITE, NonFinitePolicy.WARN.toString());
        boolean dropped = FailureSettings.dropsNonFinite(before);
        boolean mattered = dropped || policy.equals(NonFinitePolicy.WARN.toString());
        if (mattered && dropped != FailureSettings.dropsNonFinite(configuration)) {
            throw new UsageException("configuration changed: file=" + run.file() + ", --on-non-finite="
                    + configuration.get(FailureSettings.ON_NON_FINITE) + ", expected=" + policy
                    + ", as it was saved; start as before, or with another checkpoint folder");
        }
    }

    private <T> T refusing(Supplier<T> action) {
        try {
            return action.get();
        } catch (CheckpointException | UncheckedIOException e) {
            UsageException refusal = new UsageException(inOptions(e.getMessage()));
            refusal.addSuppressed(e);
            throw refusal;
        }
    }

    private String inOptions(String message) {
        String text = message.replace("resume that run", "add --resume")
                .replace("folder=" + asked.folder(), "--checkpoint-dir=" + asked.folder())
                .replace("or name a new file for the rounds to come", otherFolders());
        for (String name : configuration.keySet()) {
            text = text.replaceAll("\\b" + name + "=", "--" + name.replace('_', '-') + "=");
        }
        return text;
    }

    /** Whether the run is saved. */
    boolean isOn() {
        return checkpoints != null;
    }

    /**
     * The folder of results of the run that goes on: the one that it had, or another that holds results, which are
     * compared with what was saved of them.
     *
     * @param output where the user wants results; null for no wish
     * @return empty if results are begun in a new folder: of a run that starts, or for the rounds to come
     * @throws UsageException if the saved run's results are not where they were
     */
    Optional<Path> results(Path output) {
        if (savedOutput().isEmpty()) {
            return Optional.empty();
        }
        Path had = savedOutput().get();
        Path folder = output == null ? had : output;
        boolean same = folder.toAbsolutePath().equals(had);
        boolean before = saved.get().round() > 0;
        if (same && before && !holdsResults(folder)) {
            throw new UsageException("results are missing: folder=" + had + ", expected=" + Run.CSV + " and " + Run.JSON
                    + "; put them back, " + otherFolders());
        }
        return same || (before && holdsResults(folder)) ? Optional.of(folder) : Optional.empty();
    }

    private Optional<Path> savedOutput() {
        return saved.map(run -> run.configuration().get(OUTPUT)).map(Path::of);
    }

    private static boolean holdsResults(Path folder) {
        return Files.exists(folder.resolve(Run.CSV)) || Files.exists(folder.resolve(Run.JSON));
    }

    private String otherFolders() {
        int next = saved.map(SavedRun::round).orElse(0) + 1;
        return "name the folder that they are in by --output, or a new one for files that begin with round " + next;
    }

    /** Whether something in a folder of results is the folder of checkpoints, leads there, or is its lock. */
    boolean isTheirs(Path content) {
        if (!isOn()) {
            return false;
        }
        try {
            Path folder = asked.folder().toRealPath();
            Path there = content.toAbsolutePath().getParent().toRealPath().resolve(content.getFileName());
            return folder.startsWith(there) || there.equals(folder.resolve(LOCK));
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Refuses images that are not those of the run that goes on.
     *
     * @throws UsageException with both hashes
     */
    void requireSame(ImageData images) {
        configuration.put(DATA, images.sha256());
        savedData().filter(was -> !was.equals(images.sha256())).ifPresent(was -> {
            throw new UsageException("data changed: --dataset=" + images.name() + ", sha256=" + images.sha256()
                    + ", expected=" + Printable.line(was) + ", with which "
                    + saved.get().file() + " was saved; put the files back that"
                    + " the run began with, or start again with another --checkpoint-dir");
        });
    }

    /** Whether the run that goes on was saved by a release that did not record its data. */
    boolean isDataUnknown() {
        return saved.isPresent() && savedData().isEmpty();
    }

    private Optional<String> savedData() {
        return saved.map(run -> run.configuration().get(DATA));
    }

    /** Adds a part of the run. */
    RunCheckpoints add(String name, Object part) {
        if (isOn()) {
            if (!(part instanceof Checkpointable checkpointable)) {
                throw new UsageException("run cannot be saved: --checkpoint-dir=" + asked.folder() + ", part=" + name
                        + ", limit=algorithms that can be saved; leave out --checkpoint-dir");
            }
            checkpoints.add(name, checkpointable);
        }
        return this;
    }

    /**
     * Goes on from the saved run, or saves the run before its first round.
     *
     * @param output the run's folder
     * @return what the run was resumed from; empty if it starts from the beginning
     * @throws UsageException if a part does not fit what was saved
     */
    Optional<ResumedRun> begin(Path output, NumericEnvironment environment) {
        if (!isOn()) {
            return Optional.empty();
        }
        configuration.put(OUTPUT, output.toAbsolutePath());
        checkpoints.configuration(configuration).environment(environment);
        if (saved.isEmpty()) {
            checkpoints.save(0);
            return Optional.empty();
        }
        Optional<ResumedRun> resumed = refusing(checkpoints::resume);
        if (!output.toAbsolutePath().equals(savedOutput().orElse(null))) {
            checkpoints.save(resumed.orElseThrow().round()); // the next start finds the results without --output
        }
        return resumed;
    }

    /** Has rounds saved from now on; called when all listeners are added that write files. */
    void follow(Simulation<?, ?> simulation) {
        if (isOn()) {
            simulation.addListener(checkpoints);
        }
    }

    /** Lets go of the folder; called by another thread if the JVM is told to end before the run begins. */
    @Override
    public synchronized void close() {
        if (isOn()) {
            checkpoints.close();
        }
    }
}
