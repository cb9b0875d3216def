package org.blazefl4j.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.WeightedSum;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures FedAvg's sum of a round: all clients' parameters, times their weights, exactly, on one core. The baseline,
 * measured before each sum, only reads the same parameters: it takes LibTorch's dot product of each vector with itself,
 * which reads faster than LibTorch's sum. {@code native/bench} compares the sum with one that rounds.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2)
@Measurement(iterations = 9)
@Fork(value = 1, jvmArgsAppend = "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0")
public class Fold {

    /** The number of parameters. */
    @Param("11191262")
    public int floats;

    /** The number of clients in the round. */
    @Param("100")
    public int clients;

    /** The number of clients whose vectors are in memory, and are folded, together. */
    @Param({"100", "5", "3"})
    public int together;

    private final List<Tensor> vectors = new ArrayList<>();
    private WeightedSum sum;
    private Tensor total;
    private IntraOpThreads oneThread;

    /** Fills the memory. */
    @Setup(Level.Trial)
    public void setUp() {
        LibTorch.tune();
        oneThread = IntraOpThreads.scope(1);
        for (int i = 0; i < together; i++) {
            vectors.add(torch.rand(floats));
        }
        sum = new WeightedSum("parameters", ServerOptions.of(1, clients).withSumThreads(1), floats);
        try (TensorOptions doubles = new TensorOptions(ScalarType.Double)) {
            total = torch.zeros(new long[] {floats}, doubles);
        }
    }

    /** Reads all vectors once. */
    @Setup(Level.Invocation)
    public void measureReading() {
        long start = System.nanoTime();
        for (int client = 0; client < clients; client++) {
            vector(client).dot(vector(client)).close();
        }
        PairedBaseline.set((System.nanoTime() - start) * 1e-6);
    }

    /** Frees the memory. */
    @TearDown(Level.Trial)
    public void tearDown() {
        sum.close();
        total.close();
        vectors.forEach(Tensor::close);
        oneThread.close();
    }

    private Tensor vector(int client) {
        return vectors.get(client % together);
    }

    /** Computes the server's sum, which takes several vectors in one pass. */
    @Benchmark
    public void together() {
        sum.clear();
        for (int client = 0; client < clients; client++) {
            sum.stage(client, 500 + client, vector(client));
            if ((client + 1) % together == 0) {
                sum.fold();
            }
        }
        sum.fold();
    }

    /** Computes the same sum, one client after another. */
    @Benchmark
    public void oneByOne() {
        sum.clear();
        for (int client = 0; client < clients; client++) {
            sum.add(client, 500 + client, vector(client));
        }
    }

    /** Computes it with rounding, in FP64, by LibTorch's {@code add_} for each client. */
    @Benchmark
    public void libTorchAdd() {
        try (PointerScope scope = new PointerScope()) {
            total.zero_();
            for (int client = 0; client < clients; client++) {
                total.add_(vector(client), new Scalar(500.0 + client));
            }
        }
    }
}
