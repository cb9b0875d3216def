package org.blazefl4j.benchmarks;

import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.fedavg.FedAvgDownlinkPackage;
import org.blazefl4j.contrib.fedavg.FedAvgUplinkPackage;
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
 * Measures a round of clients of uneven length whose packages are handed over as they arrive. The baseline, measured
 * before each, is the same round in list order, where a client that takes long holds up those after it once all slots
 * are taken.
 *
 * <p>Lengths are log-normal, independent of the order, and the same in each round. Clients wait and do not compute, so
 * the ratio depends little on the machine.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 7)
@Fork(value = 1, jvmArgsAppend = "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0")
public class UnevenRound {

    private static final int FLOATS = 62_006;
    private static final double MEDIAN_MILLIS = 15;
    private static final double SIGMA = 1.5;

    /** The execution mode. */
    @Param({"MULTI_THREADED", "MULTI_PROCESS"})
    public ExecutionMode mode;

    /** The number of workers. */
    @Param({"2", "8"})
    public int workers;

    /** The number of slots beside one for each worker; large results have 3 by default, if memory allows. */
    @Param("3")
    public int spare;

    /** The number of clients in the round. */
    @Param("100")
    public int clients;

    private AbstractClientTrainer<Integer, FedAvgDownlinkPackage, FedAvgUplinkPackage> trainer;
    private FedAvgDownlinkPackage payload;
    private List<Integer> cids;

    /** Starts the workers. */
    @Setup(Level.Trial)
    public void setUp() {
        LibTorch.tune();
        Random random = new Random(7);
        List<Integer> millis = IntStream.range(0, clients)
                .mapToObj(cid -> (int) Math.ceil(MEDIAN_MILLIS * Math.exp(SIGMA * random.nextGaussian())))
                .toList();
        payload = new FedAvgDownlinkPackage(torch.rand(FLOATS));
        cids = IntStream.range(0, clients).boxed().toList();
        TrainerOptions options = TrainerOptions.builder()
                .numParallels(workers)
                .slots(workers + spare)
                .build();
        trainer = mode.trainer(new WaitingClients(FLOATS, millis), options);
        trainer.awaitReady();
    }

    /** Runs the round in list order. */
    @Setup(Level.Invocation)
    public void measureListOrder() {
        long start = System.nanoTime();
        trainer.localProcessInBatches(payload, cids, UnevenRound::close);
        PairedBaseline.set((System.nanoTime() - start) * 1e-6);
    }

    /** Stops the workers. */
    @TearDown(Level.Trial)
    public void tearDown() {
        trainer.close();
        payload.close();
    }

    /** Runs the round in the order of arrival. */
    @Benchmark
    public void inAnyOrder() {
        trainer.localProcessInAnyOrder(payload, cids, UnevenRound::close);
    }

    private static void close(List<FedAvgUplinkPackage> uplinks) {
        uplinks.forEach(FedAvgUplinkPackage::close);
    }
}
