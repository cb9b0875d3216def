package org.blazefl4j.benchmarks;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.fedavg.FedAvgDownlinkPackage;
import org.blazefl4j.contrib.fedavg.FedAvgUplinkPackage;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.FailurePolicy;
import org.blazefl4j.trainer.ProcessPoolClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * Kills a worker by SIGKILL at a random moment of a round. If the round fails, measures the time until the caller of
 * {@code localProcess} has the exception; if the client is trained again, how much longer the round takes. The baseline
 * is the median of rounds in between in which no worker is killed.
 */
final class WorkerDeath implements AutoCloseable {

    private static final int FLOATS = 62_006;
    private static final int CLIENTS = 16;
    private static final int CLIENT_MILLIS = 50;

    private final ProcessPoolClientTrainer<Integer, FedAvgDownlinkPackage, FedAvgUplinkPackage> trainer;
    private final FedAvgDownlinkPackage payload = new FedAvgDownlinkPackage(torch.rand(FLOATS));
    private final List<Integer> cids = IntStream.range(0, CLIENTS).boxed().toList();
    private final SplittableRandom random = new SplittableRandom(7);
    private final int roundMillis;
    private final Set<Long> worked = new HashSet<>();

    private WorkerDeath(int workers, FailurePolicy policy) {
        TrainerOptions options = TrainerOptions.builder()
                .numParallels(workers)
                .onClientFailure(policy)
                .build();
        trainer = new ProcessPoolClientTrainer<>(new WaitingClients(FLOATS, List.of(CLIENT_MILLIS)), options);
        roundMillis = CLIENTS * CLIENT_MILLIS / workers;
    }

    /**
     * Kills the given number of workers, with and without retries.
     *
     * @param args {@code [--workers n] [--kills n]}
     */
    static void run(String[] args, Consumer<Measurement> results) {
        NumberArguments asked = NumberArguments.parse(args, "--workers", "--kills");
        int workers = asked.get("--workers", Runtime.getRuntime().availableProcessors());
        int kills = asked.get("--kills", 50);
        LibTorch.tune();
        try (WorkerDeath failing = new WorkerDeath(workers, FailurePolicy.failFast())) {
            results.accept(failing.measureNotice(kills));
        }
        try (WorkerDeath retrying = new WorkerDeath(workers, FailurePolicy.retry(3))) {
            retrying.measureRounds(kills, results);
        }
    }

    private Measurement measureNotice(int kills) {
        double[] notices = new double[kills];
        int count = 0;
        while (count < kills) {
            undisturbedRound();
            CompletableFuture<Long> killed = killSoon();
            try {
                round(); // the worker had no client at that moment
            } catch (ClientFailedException failure) {
                notices[count++] = (System.nanoTime() - killed.join()) * 1e-6;
                trainer.uplinkPackage().forEach(FedAvgUplinkPackage::close);
            }
        }
        return Measurement.of("death SIGKILL to the exception", "ms", notices);
    }

    private void measureRounds(int kills, Consumer<Measurement> results) {
        double[] undisturbed = new double[kills];
        double[] disturbed = new double[kills];
        double[] afterKill = new double[kills];
        for (int i = 0; i < kills; i++) {
            undisturbed[i] = undisturbedRound();
            CompletableFuture<Long> killed = killSoon();
            disturbed[i] = round();
            afterKill[i] = (System.nanoTime() - killed.join()) * 1e-6;
        }
        results.accept(Measurement.of(
                "death round with a SIGKILL and a retry", "ms", disturbed, "undisturbed round", undisturbed));
        results.accept(Measurement.of("death SIGKILL to the end of its round", "ms", afterKill));
    }

    /** Returns the milliseconds of a round by all workers; waits until a lost one is back. */
    private double undisturbedRound() {
        double millis;
        do {
            worked.clear();
            millis = round();
        } while (!worked.containsAll(trainer.workerPids()));
        return millis;
    }

    private double round() {
        long start = System.nanoTime();
        trainer.localProcess(payload, cids, uplink -> {
            try (uplink) {
                worked.add((Long) uplink.metadata().get("pid"));
            }
        });
        return (System.nanoTime() - start) * 1e-6;
    }

    /** Kills a worker in the first three quarters of the next round; returns the time of the kill. */
    private CompletableFuture<Long> killSoon() {
        List<Long> pids = trainer.workerPids();
        long pid = pids.get(random.nextInt(pids.size()));
        long moment = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(random.nextInt(roundMillis * 3 / 4));
        return CompletableFuture.supplyAsync(() -> {
            while (System.nanoTime() < moment) {
                LockSupport.parkNanos(moment - System.nanoTime());
            }
            long now = System.nanoTime();
            ProcessHandle.of(pid).orElseThrow().destroyForcibly();
            return now;
        });
    }

    @Override
    public void close() {
        trainer.close();
        payload.close();
    }
}
