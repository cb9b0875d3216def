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
import org.blazefl4j.checkpoint.SavedRun;
import org.blazefl4j.cli.options.OptionNames;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.data.DataLoader.LastBatch;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.util.Printable;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoints of a run, if the user asked for them.
 *
 * <p>A run can be resumed wherever it was killed, because the first checkpoint, of round 0, is written before the
 * result files are created, and names their folder.
 */
public final class RunCheckpoints implements AutoCloseable {

    /** The name of the result folder in the checkpoint's configuration. */
    private static final String OUTPUT = "output";

    /** The file that exists while a folder of checkpoints is in use. */
    private static final String LOCK = "lock";

    /** The name of the SHA-256 of the images in result files and checkpoints. */
    public static final String DATA = "data_sha256";

    /** Settings on which bits do not depend, except through failures; data and engines are compared once known. */
    private static final String[] MAY_CHANGE = {
        OUTPUT,
        DATA,
        RunEngines.OPTION,
        RunEngines.USED,
        "global_round",
        "execution_mode",
        "num_parallels",
        "data_dir",
        "retries",
        "on_client_failure",
        FailureOptions.ON_NON_FINITE, // checked separately
        "client_time_limit"
    };

    private final RunOptions run;
    private final CheckpointOptions options;
    private final Map<String, Object> configuration;
    private final Optional<Checkpoints> checkpoints;
    private Optional<SavedRun> saved = Optional.empty();

    /**
     * Finds the checkpoint to continue from. Does not load LibTorch.
     *
     * @throws UsageException if the folder cannot be used, or holds a run that is another one, longer, or not to be
     *     resumed
     */
    RunCheckpoints(RunOptions run) {
        this.run = run;
        this.options = run.checkpoints;
        this.configuration = configuration(run);
        this.checkpoints = Optional.ofNullable(options.dir)
                .map(dir -> Checkpoints.in(dir)
                        .every(options.every)
                        .keep(options.keep)
                        .configuration(configuration)
                        .mayChange(MAY_CHANGE)
                        .mayChange(ModelOptions.FILES.toArray(String[]::new))
                        .mayChange(FileOptions.FILES.toArray(String[]::new))
                        .mayChange(StopOptions.NAMES.toArray(String[]::new)));
        try {
            this.saved = checkpoints.flatMap(this::look);
            saved.ifPresent(this::requireContinuable);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Returns the settings that are saved. */
    static Map<String, Object> configuration(RunOptions run) {
        Map<String, Object> map = run.toMap();
        map.remove("last_batch", LastBatch.KEEP.toString()); // as saved by earlier versions
        return map;
    }

    private Optional<SavedRun> look(Checkpoints files) {
        if (options.resume) {
            return refusing(files::latest);
        }
        return refusing(() -> {
            files.startAnew();
            return Optional.empty();
        });
    }

    /** Rewrites the library's refusals with the names and remedies of the command line. */
    private <T> T refusing(Supplier<T> action) {
        try {
            return action.get();
        } catch (CheckpointException | UncheckedIOException e) {
            String text = String.valueOf(e.getMessage())
                    .replaceFirst("\\bfolder=", "--checkpoint-dir=")
                    .replace("resume that run", "add --resume")
                    .replace("or name a new file for the rounds to come", otherFolders());
            throw UsageException.insteadOf(e, OptionNames.in(text, run.spec));
        }
    }

    /** Refuses fewer rounds than are saved, and to mix rounds that drop diverged clients with rounds that keep them. */
    private void requireContinuable(SavedRun last) {
        if (last.round() > run.federation.globalRound) {
            throw new UsageException("more rounds are saved: --global-round=" + run.federation.globalRound + ", file="
                    + last.file() + ", limit=" + last.round()
                    + " or more; raise --global-round, or start again in another folder");
        }
        Map<String, String> before = last.configuration();
        String policy = before.getOrDefault(FailureOptions.ON_NON_FINITE, NonFinitePolicy.WARN.toString());
        boolean dropped = FailureOptions.dropsNonFinite(before);
        boolean mattered = dropped || policy.equals(NonFinitePolicy.WARN.toString());
        if (mattered && dropped != FailureOptions.dropsNonFinite(configuration)) {
            throw new UsageException("configuration changed: file=" + last.file() + ", --on-non-finite="
                    + configuration.get(FailureOptions.ON_NON_FINITE) + ", expected=" + policy
                    + ", as saved; start as before, or with another checkpoint folder");
        }
    }

    /** Returns whether the run is saved. */
    boolean isOn() {
        return checkpoints.isPresent();
    }

    /**
     * Returns the folder whose results a resumed run continues: the saved one, or another that holds results.
     *
     * @param output the folder that the user asked for
     * @return empty if results start in a new folder, for a new run or for the rounds to come
     * @throws UsageException if the results are missing from the saved folder
     */
    Optional<Path> results(@Nullable Path output) {
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
        return saved.map(last -> last.configuration().get(OUTPUT)).map(Path::of);
    }

    private static boolean holdsResults(Path folder) {
        return Files.exists(folder.resolve(Run.CSV)) || Files.exists(folder.resolve(Run.JSON));
    }

    /** Says how to go on if results are missing from their folder. */
    private String otherFolders() {
        int next = saved.map(SavedRun::round).orElse(0) + 1;
        return "give their folder by --output, or a new one for files that begin with round " + next;
    }

    /** Returns whether a file among the results is the folder of checkpoints, contains it, or is its lock. */
    boolean owns(Path content) {
        if (options.dir == null) {
            return false;
        }
        try {
            Path folder = options.dir.toRealPath();
            Path there =
                    content.toAbsolutePath().resolveSibling("").toRealPath().resolve(content.getFileName());
            return folder.startsWith(there) || there.equals(folder.resolve(LOCK));
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Checks that the images and the engines are those of the resumed run.
     *
     * @throws UsageException if they differ
     */
    void requireSame(ImageData images, RunEngines engines) {
        requireSame(images);
        requireSame(engines);
    }

    void requireSame(ImageData images) {
        configuration.put(DATA, images.sha256());
        savedData().filter(was -> !was.equals(images.sha256())).ifPresent(was -> {
            throw new UsageException("data changed: --dataset=" + images.name() + ", sha256=" + images.sha256()
                    + ", expected=" + Printable.line(was) + ", as saved in "
                    + saved.get().file()
                    + "; restore the files that the run started with, or start again with another --checkpoint-dir");
        });
    }

    /** Compares engines, not options: a run that was free to choose may be resumed with its engine by name. */
    void requireSame(RunEngines engines) {
        configuration.put(RunEngines.USED, engines.used());
        saved.filter(last -> !engines.used().equals(usedBy(last))).ifPresent(last -> {
            boolean recorded = last.configuration().containsKey(RunEngines.USED);
            throw new UsageException("engine changed: --engine=" + run.training.engine + ", found=" + engines.used()
                    + ", expected=" + usedBy(last)
                    + (recorded ? ", as saved in " : ", as before there was a choice, saved in ") + last.file()
                    + "; resume with " + engineOption(last) + ", or start again with another --checkpoint-dir");
        });
    }

    private static String usedBy(SavedRun last) {
        return Printable.line(last.configuration().getOrDefault(RunEngines.USED, RunEngines.EARLIER));
    }

    /** Returns what leads to the saved engines: their name, or the release whose choice differed by model. */
    private static String engineOption(SavedRun last) {
        return usedBy(last).contains(" ")
                ? "--engine auto and BlazeFL4J " + Printable.line(last.createdBy())
                : "--engine " + usedBy(last);
    }

    /** Returns whether the resumed run was saved by a release that did not record its data. */
    boolean isDataUnknown() {
        return saved.isPresent() && savedData().isEmpty();
    }

    private Optional<String> savedData() {
        return saved.map(last -> last.configuration().get(DATA));
    }

    /**
     * Adds a part of the run to what is saved.
     *
     * @param part is {@link Checkpointable}, as the handlers and trainers of all algorithms are
     */
    RunCheckpoints add(String name, Object part) {
        checkpoints.ifPresent(files -> files.add(name, (Checkpointable) part));
        return this;
    }

    /**
     * Restores the saved run, or saves the run before its first round.
     *
     * @param output the folder of results
     * @return the run that was resumed; empty if the run starts from the beginning
     * @throws UsageException if a part does not match what was saved
     */
    Optional<SavedRun> begin(Path output, NumericEnvironment environment) {
        if (checkpoints.isEmpty()) {
            return Optional.empty();
        }
        Checkpoints files = checkpoints.get();
        configuration.put(OUTPUT, output.toAbsolutePath());
        files.configuration(configuration).environment(environment);
        if (saved.isEmpty()) {
            files.save(0);
            return saved;
        }
        Optional<SavedRun> resumed = refusing(files::resume);
        if (!savedOutput().equals(Optional.of(output.toAbsolutePath()))) {
            files.save(saved.get().round()); // so that the next start needs no --output
        }
        return resumed;
    }

    /** Saves rounds from now on; called after all listeners that write files were added. */
    void follow(Simulation<?, ?> simulation) {
        checkpoints.ifPresent(simulation::addListener);
    }

    /** Releases the folder; called by another thread if the JVM is told to end before the run begins. */
    @Override
    public synchronized void close() {
        checkpoints.ifPresent(Checkpoints::close);
    }
}
