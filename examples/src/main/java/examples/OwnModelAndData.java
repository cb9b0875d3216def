package examples;

import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.fedavg.FedAvgClients;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.metrics.ConsoleMetrics;
import org.blazefl4j.model.Dropout;
import org.blazefl4j.model.Model;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Tensor;

/**
 * Trains a network of one's own by FedAvg on generated images of horizontal and vertical stripes. Shows how to write a
 * model and its selector, and how to give tensors to clients.
 *
 * <pre>java -cp examples/target/examples.jar examples.OwnModelAndData MULTI_PROCESS</pre>
 */
public final class OwnModelAndData {

    private static final int SIDE = 8;

    private OwnModelAndData() {}

    /** Fails if the model has not learnt. The argument names the {@link ExecutionMode}. */
    public static void main(String[] args) {
        ExecutionMode mode = args.length > 0 ? ExecutionMode.valueOf(args[0]) : ExecutionMode.MULTI_PROCESS;
        LibTorch.tune();
        int rounds = 3;
        int clients = 10;
        int samples = 100; // of each client, and for the test
        var models = new Nets(42);
        try (Tensor x = stripes((clients + 1) * samples);
                Tensor y = labels((clients + 1) * samples);
                var data = new InMemoryPartitionedDataset<PartitionType>()) {
            var all = new TensorDataset(x, y);
            data.setClients(
                    PartitionType.TRAIN,
                    all,
                    IntStream.range(0, clients)
                            .mapToObj(cid -> part(cid, samples))
                            .toList());
            data.setCommon(PartitionType.TEST, all, part(clients, samples));
            var algorithm = new FedAvgClients(models, Name.NET, data, clients, new SgdOptions(1, 10, 0.1));
            try (var handler = new FedAvgServerHandler(models, Name.NET, data, ServerOptions.of(rounds, clients));
                    var trainer = mode.trainer(algorithm, TrainerOptions.defaults())) {
                new Simulation<>(handler, trainer)
                        .addListener(new ConsoleMetrics(System.out, rounds))
                        .run();
                double accuracy = handler.evaluate().accuracy();
                if (accuracy < 0.8) {
                    throw new IllegalStateException("model has not learnt: accuracy=" + accuracy + ", limit=0.8");
                }
            }
        }
    }

    /** Images with noise: stripes are horizontal where the label is 0, vertical where it is 1. */
    private static Tensor stripes(int count) {
        Random noise = new Random(42);
        float[] pixels = new float[count * SIDE * SIDE];
        for (int i = 0; i < pixels.length; i++) {
            int position = i / (SIDE * SIDE) % 2 == 0 ? i / SIDE : i;
            pixels[i] = (float) (position % 2 + noise.nextGaussian());
        }
        return Tensors.of(pixels, count, 1, SIDE, SIDE);
    }

    private static Tensor labels(int count) {
        return Tensors.of(LongStream.range(0, count).map(i -> i % 2).toArray());
    }

    private static long[] part(int index, int size) {
        return LongStream.range((long) index * size, (index + 1L) * size).toArray();
    }

    // begin docs/guide.md
    public static final class Net extends Model {

        private final Conv2dImpl conv = conv2d("conv", 1, 8, 3);
        private final Dropout dropout = dropout("dropout", 0.5);
        private final LinearImpl fc = linear("fc", 8 * 6 * 6, 2);

        @Override
        public Tensor forward(Tensor x) {
            return fc.forward(dropout.forward(conv.forward(x).relu_().flatten(1, -1)));
        }
    }

    public enum Name {
        NET
    }

    public record Nets(long seed) implements ModelSelector<Name> {

        @Override
        public Model selectModel(Name name) {
            return DefaultGenerator.seeded(seed, Net::new);
        }
    }
    // end docs/guide.md
}
