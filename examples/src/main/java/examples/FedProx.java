package examples;

import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.federation.AffineTerm;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.LocalObjective;
import org.blazefl4j.federation.LocalRun;
import org.blazefl4j.metrics.ConsoleMetrics;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;

/**
 * Runs FedProx (T. Li et al.: Federated Optimization in Heterogeneous Networks, MLSys 2020) on clients with different
 * classes. Shows how to write an algorithm whose clients differ from FedAvg's: one record, which runs in all modes. The
 * library has this one as {@code Algorithms.fedProx}.
 *
 * <pre>java -cp examples/target/examples.jar examples.FedProx MULTI_PROCESS</pre>
 */
public final class FedProx {

    private FedProx() {}

    /** Fails if the model has not learnt. The argument names the {@link ExecutionMode}. */
    public static void main(String[] args) {
        ExecutionMode mode = args.length > 0 ? ExecutionMode.valueOf(args[0]) : ExecutionMode.MULTI_PROCESS;
        LibTorch.tune();
        int rounds = 3;
        int clients = 20;
        var models = ModelSelector.seeded(42, 1, 28, 28, 10);
        var server = ServerOptions.of(rounds, clients).withSampleRatio(0.5);
        try (var images = ImageData.fashionMnist();
                var data = new InMemoryPartitionedDataset<PartitionType>()) {
            var parts = Partitioner.dirichlet(0.5).partition(images.trainLabels(), clients, 42);
            data.setClients(PartitionType.TRAIN, images.train(), parts);
            data.setDataset(PartitionType.TEST, images.test());
            var federation = Federation.of(models, ModelName.MLP, data, server)
                    .local(new SgdOptions(2, 50, 0.1))
                    .objective(new Proximal(0.1));
            try (var handler = federation.handler();
                    var trainer = mode.trainer(federation.clients(), TrainerOptions.defaults())) {
                new Simulation<>(handler, trainer)
                        .addListener(new ConsoleMetrics(System.out, rounds))
                        .run();
                double accuracy = handler.evaluate().accuracy();
                if (accuracy < 0.3) {
                    throw new IllegalStateException("model has not learnt: accuracy=" + accuracy + ", limit=0.3");
                }
            }
        }
    }

    // begin docs/guide.md
    /** Draws each step back to the received model, by mu / 2 times the square of the distance. */
    public record Proximal(double mu) implements LocalObjective {

        @Override
        public void train(LocalRun run) {
            run.training().term(AffineTerm.pull(mu, run.start())).run();
        }
    }
    // end docs/guide.md
}
