package org.blazefl4j.benchmarks;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.common.WeightedSum;
import org.blazefl4j.contrib.fedavg.FedAvgDownlinkPackage;
import org.blazefl4j.contrib.fedavg.FedAvgUplinkPackage;
import org.blazefl4j.lab.EmptyClients;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.AbstractClientTrainer;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
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
 * Measures what a round costs beyond training: publish, deal, decode, copy all parameters once, hand over. Sampling and
 * evaluation are left out. The baseline, measured between rounds, is the bound: the same copies, by as many threads as
 * the mode has workers, without a framework.
 *
 * <p>Packages of 62 006 parameters are collected; those of other lengths stream into a sink. Each is checked and
 * closed.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 10)
@Measurement(iterations = 30)
@Fork(value = 1, jvmArgsAppend = "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0")
public class EmptyRound {

    private static final int COLLECTED = 62_006;
    private static final int ROUNDS_PER_BOUND = 5;
    private static final int UNTIMED = 3;

    /** The execution mode. */
    @Param({"SINGLE_THREADED", "MULTI_THREADED", "MULTI_PROCESS"})
    public ExecutionMode mode;

    /** The number of parameters. */
    @Param({"1", "62006", "11191262"})
    public int floats;

    /** The number of clients in the round. */
    @Param({"10", "100"})
    public int clients;

    /** The number of workers. */
    @Param("2")
    public int workers;

    private AbstractClientTrainer<EmptyClients.Config, FedAvgDownlinkPackage, FedAvgUplinkPackage> trainer;
    private FedAvgDownlinkPackage payload;
    private List<Integer> cids;
    private WeightedSum sum;
    private CopyBaseline bound;
    private double boundMillis;
    private int rounds;

    /** Starts the workers. */
    @Setup(Level.Trial)
    public void setUp() {
        LibTorch.tune();
        payload = new FedAvgDownlinkPackage(torch.rand(floats));
        cids = IntStream.range(0, clients).boxed().toList();
        sum = new WeightedSum("parameters", floats);
        TrainerOptions options = TrainerOptions.builder().numParallels(workers).build();
        trainer = mode.trainer(new EmptyClients(floats), options);
        bound = new CopyBaseline(floats, clients, trainer.numParallels(), floats == COLLECTED);
    }

    /**
     * Measures the bound before every fifth round; it is the baseline of the rounds until the next time. Then runs some
     * untimed rounds, so that the caches are as they are between rounds that follow one another.
     */
    @Setup(Level.Invocation)
    public void measureBound() throws InterruptedException {
        if (rounds++ % ROUNDS_PER_BOUND == 0) {
            boundMillis = bound.nanos() * 1e-6;
            for (int round = 0; round < UNTIMED; round++) {
                run(false);
            }
        }
        sum.clear();
        PairedBaseline.set(boundMillis);
    }

    /** Stops the workers. */
    @TearDown(Level.Trial)
    public void tearDown() {
        trainer.close();
        payload.close();
        bound.close();
        sum.close();
    }

    /** Runs the round alone. */
    @Benchmark
    public void round() {
        run(false);
    }

    /** Runs the round with FedAvg's exact sum of all packages. */
    @Benchmark
    public void roundWithFold() {
        run(true);
    }

    private void run(boolean fold) {
        if (floats == COLLECTED) {
            trainer.localProcess(payload, cids);
            take(trainer.uplinkPackage(), fold);
        } else {
            trainer.localProcessInBatches(payload, cids, uplinks -> take(uplinks, fold));
        }
    }

    private void take(List<FedAvgUplinkPackage> uplinks, boolean fold) {
        uplinks.forEach(EmptyClients::check);
        if (fold) {
            uplinks.forEach(uplink -> sum.stage(uplink.cid(), uplink.dataSize(), uplink.parameters()));
            sum.fold();
        }
        uplinks.forEach(FedAvgUplinkPackage::close);
    }
}
