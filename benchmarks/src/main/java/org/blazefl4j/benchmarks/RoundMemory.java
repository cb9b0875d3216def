package org.blazefl4j.benchmarks;

import java.util.Collections;
import java.util.function.Consumer;
import org.blazefl4j.core.ClientTrainer.PeakMemory;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.ExecutionMode;

/**
 * Measures the memory that a round of ResNet-18's size takes in process mode: all segments together, at their peak
 * while packages arrive, as the kernel lists them; and the peak RSS of this process and of the largest worker, which
 * includes the shared memory that each has touched.
 */
final class RoundMemory {

    private static final int FLOATS = 11_191_262;
    private static final int SAMPLE_EVERY = 50;

    private final EmptyFederation federation;
    private int done;
    private long segments;

    private RoundMemory(EmptyFederation federation) {
        this.federation = federation;
    }

    /**
     * Measures one round.
     *
     * @param args {@code [--workers n] [--clients n]}
     */
    static void run(String[] args, Consumer<Measurement> results) {
        NumberArguments asked = NumberArguments.parse(args, "--workers", "--clients");
        int clients = asked.get("--clients", 10_000);
        LibTorch.tune();
        try (EmptyFederation federation = new EmptyFederation(
                ExecutionMode.MULTI_PROCESS,
                FLOATS,
                asked.get("--workers", Runtime.getRuntime().availableProcessors()))) {
            RoundMemory memory = new RoundMemory(federation);
            federation.round(clients, memory::sample);
            memory.report(clients, results);
        }
    }

    private void sample() {
        if (done++ % SAMPLE_EVERY == 0) {
            segments = Math.max(segments, ProcessMemory.sharedMappings());
        }
    }

    private void report(int clients, Consumer<Measurement> results) {
        PeakMemory peak = federation.trainer().peakMemory();
        String suffix = " clients=" + clients;
        results.accept(Measurement.of(
                "memory segments" + suffix, "GB", new double[] {segments * 1e-9}, "one result", new double[] {
                    4e-9 * FLOATS
                }));
        results.accept(Measurement.of("memory parent peak RSS" + suffix, "GB", peak.parent() * 1e-9));
        results.accept(Measurement.of("memory worker peak RSS" + suffix, "GB", Collections.max(peak.workers()) * 1e-9));
    }
}
