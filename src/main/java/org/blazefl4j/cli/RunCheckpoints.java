package org.blazefl4j.cli;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.blazefl4j.checkpoint.CheckpointException;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.checkpoint.ResumedRun;
import org.blazefl4j.checkpoint.SavedRun;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.torch.NumericEnvironment;

/**
 * The checkpoints of a run, as far as the user asked for them.
 *
 * <p>A run can be resumed wherever it was killed: the first checkpoint, of round 0, is written before its result files
 * are made, and names their folder; what is there before it is at most an empty folder.
 */
final class RunCheckpoints implements AutoCloseable {

    /** Under which the run's folder is in the checkpoint's configuration. */
    private static final String OUTPUT = "output";

    /** Bits do not depend on these, or only through failures that no start repeats. */
    private static final String[] MAY_CHANGE = {
        OUTPUT,
        "global_round",
        "execution_mode",
        "num_parallels",
        "data_dir",
        "retries",
        "on_client_failure",
        "client_time_limit"
    };

    private final CheckpointSettings asked;
    private final Map<String, Object> configuration;
    private final Checkpoints checkpoints;
    private final Optional<SavedRun> saved;

    /**
     * Looks for what there is to go on from. Does not load LibTorch.
     *
     * @throws UsageException if there is a run that is not asked for, not this one or longer, or the folder cannot be
     *     used
     */
    RunCheckpoints(CheckpointSettings asked, RunSettings settings) {
        this.asked = asked;
        this.configuration = settings.toMap();
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
        } catch (RuntimeException e) {
            close();
            throw e;
        }
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

    private <T> T refusing(Supplier<T> action) {
        try {
            return action.get();
        } catch (CheckpointException e) {
            UsageException refusal = new UsageException(inOptions(e.getMessage()));
            refusal.addSuppressed(e);
            throw refusal;
        }
    }

    private String inOptions(String message) {
        String text = message.replace("resume that run", "add --resume")
                .replace("put it back,", "put it back, name the folder that it is in by --output,");
        for (String name : configuration.keySet()) {
            text = text.replaceAll("\\b" + name + "=", "--" + name.replace('_', '-') + "=");
        }
        return text;
    }

    /** Whether the run is saved. */
    boolean isOn() {
        return checkpoints != null;
    }

    /** Where the results of the run are that goes on; empty if a run starts from the beginning. */
    Optional<Path> savedOutput() {
        return saved.map(run -> Path.of(run.configuration().getOrDefault(OUTPUT, "")));
    }

    /**
     * Whether what is in a folder can be of the run that goes on: it is the folder that the run had, or its files are
     * compared with what was saved of them, of which there is nothing before the first round.
     */
    boolean mayHaveResultsIn(Path folder) {
        return saved.isPresent()
                && (folder == null
                        || saved.get().round() > 0
                        || savedOutput().get().equals(folder.toAbsolutePath()));
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
        if (saved.isPresent()) {
            return refusing(checkpoints::resume);
        }
        checkpoints.save(0);
        return Optional.empty();
    }

    /** Has rounds saved from now on; called when all listeners are added that write files. */
    void follow(Simulation<?, ?> simulation) {
        if (isOn()) {
            simulation.addListener(checkpoints);
        }
    }

    @Override
    public void close() {
        if (isOn()) {
            checkpoints.close();
        }
    }
}
