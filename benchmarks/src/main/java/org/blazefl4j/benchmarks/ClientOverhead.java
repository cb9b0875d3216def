package org.blazefl4j.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.ExecutionMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
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
 * Measures what a client costs if there is nothing to copy: rounds of 1 000 clients of one float each, so milliseconds
 * are microseconds per client. The baseline, measured before each round, submits the clients to a thread pool of the
 * JDK, which copies the float into a new tensor for each, and takes the results in order.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 100)
@Measurement(iterations = 50)
@Fork(value = 1, jvmArgsAppend = "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0")
public class ClientOverhead {

    private static final int CLIENTS = 1000;

    /** The execution mode. */
    @Param({"SINGLE_THREADED", "MULTI_THREADED", "MULTI_PROCESS"})
    public ExecutionMode mode;

    /** The number of workers. */
    @Param("2")
    public int workers;

    private EmptyFederation federation;
    private ExecutorService pool;
    private Tensor parameter;

    /** Starts the workers. */
    @Setup(Level.Trial)
    public void setUp() {
        LibTorch.tune();
        parameter = torch.rand(1);
        federation = new EmptyFederation(mode, 1, workers);
        pool = Executors.newFixedThreadPool(federation.trainer().numParallels());
    }

    /** Measures the baseline beside each round. */
    @Setup(Level.Invocation)
    public void measureBaseline() throws InterruptedException, ExecutionException {
        long start = System.nanoTime();
        List<Future<Tensor>> results = new ArrayList<>(CLIENTS);
        for (int client = 0; client < CLIENTS; client++) {
            results.add(pool.submit(() -> parameter.clone()));
        }
        for (Future<Tensor> result : results) {
            result.get().close();
        }
        PairedBaseline.set((System.nanoTime() - start) * 1e-6);
    }

    /** Stops the workers. */
    @TearDown(Level.Trial)
    public void tearDown() {
        federation.close();
        pool.shutdown();
        parameter.close();
    }

    /** Runs the round. */
    @Benchmark
    public void round() {
        federation.round(CLIENTS);
    }
}
