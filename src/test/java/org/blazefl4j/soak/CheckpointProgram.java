package org.blazefl4j.soak;

import java.nio.file.Path;
import java.util.Map;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.checkpoint.SavedRun;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.metrics.CsvMetrics;
import org.blazefl4j.metrics.JsonLinesMetrics;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.AbstractClientTrainer;
import org.blazefl4j.trainer.ProcessPoolClientTrainer;
import org.blazefl4j.trainer.SerialClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;

/**
 * Starts or resumes a run that saves a checkpoint after every round, and runs it to its end. Prints what it resumed and
 * saved.
 */
final class CheckpointProgram {

    /** Starts the line with the number of rounds in the resumed checkpoint. */
    static final String RESUMED = "resumed ";

    /** Starts a line with the number of rounds in a saved checkpoint. */
    static final String SAVED = "saved ";

    static final String CSV = "metrics.csv";
    static final String JSON = "metrics.jsonl";

    private CheckpointProgram() {}

    /**
     * Runs the experiment.
     *
     * @param args its name, the folder, the number of rounds, and {@code serial} or {@code process}
     */
    public static void main(String[] args) throws Exception {
        LibTorch.tune();
        try (Experiments experiments = new Experiments()) {
            run(experiments.named(args[0]), Path.of(args[1]), Integer.parseInt(args[2]), args[3].equals("process"));
        }
    }

    private static <C, D, U, S extends ServerHandler<D, U> & Checkpointable & AutoCloseable> void run(
            Experiment<C, D, U, S> experiment, Path folder, int rounds, boolean process) throws Exception {
        try (S server = experiment.server().apply(rounds);
                var trainer = trainer(experiment, process);
                CsvMetrics csv = CsvMetrics.resumable(folder.resolve(CSV));
                JsonLinesMetrics json = JsonLinesMetrics.resumable(folder.resolve(JSON));
                Checkpoints checkpoints = Checkpoints.in(folder.resolve("checkpoints"))) {
            checkpoints
                    .configuration(Map.of("experiment", experiment.name(), "rounds", rounds))
                    .add("server", server)
                    .add("trainer", trainer)
                    .add("csv", csv)
                    .add("json", json);
            int begun = checkpoints.resume().map(SavedRun::round).orElse(-1);
            if (begun < 0) {
                checkpoints.save(0);
                System.out.println(SAVED + 0);
            } else {
                System.out.println(RESUMED + begun);
            }
            new Simulation<>(server, trainer)
                    .addListener(csv)
                    .addListener(json)
                    .addListener(checkpoints)
                    .addListener(new Saved())
                    .run();
        }
    }

    private static <C, D, U> AbstractClientTrainer<C, D, U> trainer(
            Experiment<C, D, U, ?> experiment, boolean process) {
        TrainerOptions options = TrainerOptions.builder().numParallels(1).build();
        return process
                ? new ProcessPoolClientTrainer<>(experiment.clients(), options)
                : new SerialClientTrainer<>(experiment.clients(), options);
    }

    private static final class Saved implements RoundListener<Object> {
        @Override
        public void roundFinished(RoundReport report) {
            System.out.println(SAVED + (report.round() + 1));
        }
    }
}
