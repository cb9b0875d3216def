package org.blazefl4j.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.blazefl4j.model.Cnn;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.pytorch.global.torch;

/**
 * Training with no framework, in a process of its own: the same tuned run time, model, step and batches by
 * {@code index_select} as the clients of {@link FedAvgThroughput}, by {@link org.blazefl4j.lab.BareLoop}, and nothing
 * else.
 *
 * <p>Prints {@code ready}; then, for each line {@code <clients>} that it reads, trains that many clients' worth of
 * steps, after two that are not timed, and prints the nanoseconds that it took.
 */
final class BareLoop {

    private BareLoop() {}

    /** Serves lines until the input ends. */
    public static void main(String[] args) throws IOException {
        LibTorch.tune();
        torch.set_num_threads(1);
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        try (Workload workload = Workload.create();
                var training = org.blazefl4j.lab.BareLoop.training(
                        new Cnn(), workload.images(), workload.labels(), Workload.SAMPLES_PER_CLIENT, Workload.BATCH)) {
            System.out.println("ready");
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                int clients = Integer.parseInt(line);
                training.trainClient(() -> false);
                training.trainClient(() -> false);
                long start = System.nanoTime();
                for (int client = 0; client < clients; client++) {
                    training.trainClient(() -> false);
                }
                System.out.println(System.nanoTime() - start);
            }
        }
    }
}
