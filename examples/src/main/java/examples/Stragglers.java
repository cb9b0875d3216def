package examples;

import java.util.Locale;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.SyntheticData;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.algorithm.Algorithms;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.pytorch.Tensor;

/**
 * Repeats the experiment of FedProx's figure 1 on Synthetic(1, 1) (T. Li et al.: Federated Optimization in
 * Heterogeneous Networks, MLSys 2020): ten of 30 clients in each round, of which none, half or nine tenths are
 * stragglers. FedAvg drops what stragglers have done; FedProx, with mu 0 and 1, keeps it.
 *
 * <p>Prints a line of CSV after each round. {@code docs/reproduced/synthetic.md} has the results of 200 rounds.
 *
 * <pre>java -cp examples/target/examples.jar examples.Stragglers MULTI_PROCESS 200</pre>
 */
public final class Stragglers {

    private static final int CLIENTS = 30;
    private static final int A_ROUND = 10;

    private Stragglers() {}

    /**
     * Fails if a model that kept all work has not learnt. The arguments are the {@link ExecutionMode}, the number of
     * rounds and the seed.
     */
    public static void main(String[] args) {
        ExecutionMode mode = args.length > 0 ? ExecutionMode.valueOf(args[0]) : ExecutionMode.MULTI_PROCESS;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
        long seed = args.length > 2 ? Long.parseLong(args[2]) : 1;
        LibTorch.tune();
        System.out.println("stragglers,algorithm,round,training_loss,test_accuracy");
        for (double share : new double[] {0, 0.5, 0.9}) {
            // Dropping a random part of a random choice leaves a smaller random choice.
            int left = (int) Math.round((1 - share) * A_ROUND);
            new Experiment(mode, rounds, seed, share).run("fedavg", left, 0, 0);
            new Experiment(mode, rounds, seed, share).run("fedprox-0", A_ROUND, share, 0);
            double accuracy = new Experiment(mode, rounds, seed, share).run("fedprox-1", A_ROUND, share, 1);
            if (accuracy < 0.3) {
                throw new IllegalStateException("model has not learnt: accuracy=" + accuracy + ", limit=0.3");
            }
        }
    }

    /** The settings that algorithms share. */
    private record Experiment(ExecutionMode mode, int rounds, long seed, double share) {

        /** Trains, and returns the best accuracy on all clients' test samples. */
        double run(String algorithm, int clientsPerRound, double stragglers, double mu) {
            var models = ModelSelector.seeded(seed, 1, 1, SyntheticData.INPUTS, SyntheticData.CLASSES);
            try (var samples = SyntheticData.of(1, 1, CLIENTS, seed);
                    var data = new InMemoryPartitionedDataset<PartitionType>();
                    var curve = new Curve(share + "," + algorithm, models.selectModel(ModelName.LOGISTIC), samples)) {
                data.setClients(PartitionType.TRAIN, samples.samples(), samples.train());
                data.setCommon(PartitionType.TEST, samples.samples(), samples.allTest());
                var server = ServerOptions.of(rounds, CLIENTS)
                        .withSampleRatio((double) clientsPerRound / CLIENTS)
                        .withSeed(seed);
                var federation = Federation.of(models, ModelName.LOGISTIC, data, server)
                        .local(LocalOptions.of(new SgdOptions(20, 10, 0.01)).withStragglers(stragglers))
                        .with(Algorithms.fedProx(mu));
                var options = TrainerOptions.builder().seed(seed).build();
                try (var handler = federation.handler();
                        var trainer = mode.trainer(federation.clients(), options)) {
                    new Simulation<>(handler, trainer)
                            .addListener(new RoundListener<Object>() {
                                @Override
                                public void roundFinished(RoundReport report) {
                                    curve.add(report, handler.downlinkPackage().parameters());
                                }
                            })
                            .run();
                }
                return curve.best;
            }
        }
    }

    /** Prints the loss over all clients' training samples, which the server does not evaluate, and the accuracy. */
    private static final class Curve implements AutoCloseable {

        private final String label;
        private final Model model;
        private final FlatParameters parameters;
        private final InMemoryPartitionedDataset<PartitionType> data = new InMemoryPartitionedDataset<>();
        private double best;

        Curve(String label, Model model, SyntheticData samples) {
            this.label = label;
            this.model = model;
            this.parameters = FlatParameters.of(model);
            data.setCommon(PartitionType.TRAIN, samples.samples(), samples.allTrain());
        }

        void add(RoundReport report, Tensor global) {
            parameters.load(global);
            var loader = new DataLoader(data.getDataset(PartitionType.TRAIN, null), 1000, false, null);
            double loss = Evaluation.of(model, loader, Device.CPU).loss();
            double accuracy = (double) report.summary().get("accuracy");
            best = Math.max(best, accuracy);
            System.out.printf(Locale.ROOT, "%s,%d,%.4f,%.4f%n", label, report.round() + 1, loss, accuracy);
        }

        @Override
        public void close() {
            data.close();
            parameters.close();
            model.close();
        }
    }
}
