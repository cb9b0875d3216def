package examples;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.fedavg.FedAvgClients;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;

/**
 * Trains in the background of another program, which shows progress, stops the run and resumes it later. Shows what
 * such a tool needs: a listener, {@link Simulation#stop}, which may be called from any thread, and checkpoints. It does
 * not call {@code LibTorch.tune()}, which changes settings of the whole process.
 *
 * <pre>java -cp examples/target/examples.jar examples.Embedding MULTI_PROCESS</pre>
 */
public final class Embedding {

    private static final int ROUNDS = 4;
    private static final int CLIENTS = 20;

    private Embedding() {}

    /** Stops a run after two rounds, resumes it, and fails if the model has not learnt. */
    public static void main(String[] args) throws Exception {
        ExecutionMode mode = args.length > 0 ? ExecutionMode.valueOf(args[0]) : ExecutionMode.MULTI_PROCESS;
        Path folder = Files.createTempDirectory("blazefl4j-embedding");
        ExecutorService background = Executors.newSingleThreadExecutor();
        try {
            var first = background.submit(() -> train(mode, folder, stop -> new Window(2, stop)));
            System.out.println("stopped after " + first.get().rounds() + " rounds, checkpoints in " + folder);
            var second = background.submit(() -> train(mode, folder, stop -> new Window(ROUNDS, stop)));
            double accuracy = (double) second.get().summary().get("accuracy");
            if (first.get().rounds() != 2 || second.get().rounds() != ROUNDS - 2 || accuracy < 0.3) {
                throw new IllegalStateException("run did not resume or learn: accuracy=" + accuracy + ", limit=0.3");
            }
        } finally {
            background.shutdown();
        }
    }

    /** What the tool shows: it prints progress, and its user presses the stop button after a round. */
    private record Window(int lastRound, Runnable stop) implements RoundListener<Object> {

        @Override
        public void roundFinished(RoundReport report) {
            int round = report.round() + 1;
            System.out.println("round " + round + "/" + ROUNDS + ": " + report.summary());
            if (round == lastRound) {
                stop.run();
            }
        }
    }

    /** Trains until the last round or the stop; goes on from the checkpoint that the folder holds, if any. */
    private static Simulation.Summary train(
            ExecutionMode mode, Path folder, Function<Runnable, RoundListener<Object>> window) {
        var models = ModelSelector.seeded(42, 1, 28, 28, 10);
        var options = new SgdOptions(1, 50, 0.1);
        try (var images = ImageData.fashionMnist();
                var data = new InMemoryPartitionedDataset<PartitionType>()) {
            var parts = Partitioner.iid().partition(images.trainLabels(), CLIENTS, 42);
            data.setClients(PartitionType.TRAIN, images.train(), parts);
            data.setDataset(PartitionType.TEST, images.test());
            var algorithm = new FedAvgClients(models, ModelName.MLP, data, CLIENTS, options);
            try (var handler = new FedAvgServerHandler(models, ModelName.MLP, data, ServerOptions.of(ROUNDS, CLIENTS));
                    var trainer = mode.trainer(algorithm, TrainerOptions.defaults());
                    var checkpoints = Checkpoints.in(folder)) {
                checkpoints.configuration(Map.of("clients", CLIENTS, "options", options, "data", images.sha256()));
                checkpoints.add("handler", handler).add("trainer", trainer);
                checkpoints.resume();
                var simulation = new Simulation<>(handler, trainer);
                return simulation
                        .addListener(window.apply(simulation::stop))
                        .addListener(checkpoints)
                        .run();
            }
        }
    }
}
