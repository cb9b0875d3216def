package examples;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Fits a linear model by gradients that clients compute on their own rows. Shows an algorithm from scratch: both
 * packages, the clients, the server, and data that all workers read from shared memory.
 *
 * <pre>java -cp examples/target/examples.jar examples.LinearRegression MULTI_PROCESS</pre>
 */
public final class LinearRegression {

    private static final int CLIENTS = 10;
    private static final int ROWS = 100;
    private static final int FEATURES = 5;
    private static final int ROUNDS = 30;

    private LinearRegression() {}

    /** Fails if the weights are not found. The argument names the {@link ExecutionMode}. */
    public static void main(String[] args) {
        ExecutionMode mode = args.length > 0 ? ExecutionMode.valueOf(args[0]) : ExecutionMode.MULTI_PROCESS;
        LibTorch.tune();
        torch.manual_seed(42);
        try (Tensor truth = torch.randn(FEATURES);
                Tensor x = torch.randn(CLIENTS * ROWS, FEATURES);
                Tensor y = x.mv(truth);
                Server server = new Server();
                var trainer = mode.trainer(new Clients(x, y), TrainerOptions.defaults())) {
            new Simulation<>(server, trainer).run();
            double distance = server.weights.dist(truth).item_double();
            System.out.println("distance to the true weights: " + distance);
            if (distance > 0.01) {
                throw new IllegalStateException("weights not found: distance=" + distance + ", limit=0.01");
            }
        }
    }

    /** What clients receive. */
    record Down(Tensor weights) {}

    /** What a client sends. */
    record Up(Tensor gradient) {}

    /** Clients that each have {@link #ROWS} rows of the data. A client's configuration is its id. */
    record Clients(Tensor x, Tensor y) implements ClientAlgorithm<Integer, Down, Up> {

        @Override
        public Map<String, ?> shared() {
            return Map.of("x", x, "y", y);
        }

        @Override
        public Integer getClientConfig(int cid) {
            return cid;
        }

        @Override
        public ClientWorker<Integer, Down, Up> worker() {
            return Clients::train;
        }

        @Override
        public Up prepareUplinkPackageBuffer() {
            return new Up(torch.empty(FEATURES));
        }

        private static Up train(Integer cid, Down payload, WorkerContext context) {
            Tensor x = context.shared("x").narrow(0, cid * ROWS, ROWS);
            Tensor y = context.shared("y").narrow(0, cid * ROWS, ROWS);
            Tensor error = x.mv(payload.weights()).sub(y);
            Up result = context.uplinkBuffer();
            result.gradient().copy_(x.t().mv(error).div(new Scalar(ROWS)));
            return result;
        }
    }

    /** A server that moves the weights along the mean of the clients' gradients. */
    static final class Server implements ServerHandler<Down, Up>, AutoCloseable {

        private static final Scalar STEP = new Scalar(-0.5 / CLIENTS);

        private final Tensor weights = torch.zeros(FEATURES);
        private final Tensor sum = torch.zeros(FEATURES);
        private int round;
        private int loaded;

        @Override
        public Down downlinkPackage() {
            return new Down(weights);
        }

        @Override
        public List<Integer> sampleClients() {
            return IntStream.range(0, CLIENTS).boxed().toList();
        }

        @Override
        public boolean isStopped() {
            return round == ROUNDS;
        }

        @Override
        public void restartRound() {
            sum.zero_();
            loaded = 0;
        }

        @Override
        public boolean load(Up uplink) {
            sum.add_(uplink.gradient());
            loaded++;
            if (loaded < CLIENTS) {
                return false;
            }
            weights.add_(sum, STEP);
            round++;
            restartRound();
            return true;
        }

        @Override
        public void close() {
            weights.close();
            sum.close();
        }
    }
}
