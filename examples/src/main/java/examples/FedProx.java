package examples;

import java.util.Map;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.LocalModel;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdClients;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.fedavg.FedAvgDownlinkPackage;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.contrib.fedavg.FedAvgUplinkPackage;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.SeededModelSelector;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.data.DirichletPartitioner;
import org.blazefl4j.data.FashionMnist;
import org.blazefl4j.metrics.ConsoleMetrics;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Runs FedProx (T. Li et al.: Federated Optimization in Heterogeneous Networks, MLSys 2020) on clients with different
 * classes. Shows how to write an algorithm whose clients differ from FedAvg's: one class, which runs in all modes.
 * Server and packages are FedAvg's.
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
        var models = new SeededModelSelector(42, 1, 28, 28, 10);
        var server = ServerOptions.of(rounds, clients).withSampleRatio(0.5);
        try (var images = FashionMnist.embedded();
                var data = new InMemoryPartitionedDataset<PartitionType>()) {
            var parts = new DirichletPartitioner(0.5).partition(images.trainLabels(), clients, 42);
            data.setClients(PartitionType.TRAIN, images.train(), parts);
            data.setDataset(PartitionType.TEST, images.test());
            var algorithm = new Clients(models, ModelName.MLP, data, clients, new SgdOptions(2, 50, 0.1), 0.1);
            try (var handler = new FedAvgServerHandler(models, ModelName.MLP, data, server);
                    var trainer = mode.trainer(algorithm, TrainerOptions.defaults())) {
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

    /** Clients whose steps are drawn back to the global model, by mu / 2 times the square of the distance. */
    public static final class Clients extends SgdClients<FedAvgDownlinkPackage, FedAvgUplinkPackage> {

        private final double mu;

        public <N extends Enum<N>> Clients(
                ModelSelector<N> models,
                N model,
                PartitionedDataset<PartitionType> data,
                int clients,
                SgdOptions options,
                double mu) {
            super(models, model, data, clients, options);
            this.mu = mu;
        }

        @Override
        public ClientWorker<ClientConfig, FedAvgDownlinkPackage, FedAvgUplinkPackage> worker() {
            double strength = mu; // so that the lambda, which crosses into worker processes, does not capture this
            return (config, payload, context) -> train(config, payload.parameters(), strength, context);
        }

        @Override
        public FedAvgUplinkPackage prepareUplinkPackageBuffer() {
            return new FedAvgUplinkPackage(0, torch.empty(numel()), 0, Map.of());
        }

        // begin docs/guide.md
        private static FedAvgUplinkPackage train(ClientConfig config, Tensor global, double mu, WorkerContext context) {
            Tensor result = context.<FedAvgUplinkPackage>uplinkBuffer().parameters();
            LocalModel model = LocalModel.of(config.model(), context);
            model.train(config, global, local -> local.sub(global).mul(new Scalar(mu)), result, context);
            return new FedAvgUplinkPackage(
                    context.clientId(), result, config.dataset().size(), Map.of());
        }
        // end docs/guide.md
    }
}
