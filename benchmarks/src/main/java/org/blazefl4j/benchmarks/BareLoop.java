package org.blazefl4j.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.blazefl4j.lab.BareTraining;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.pytorch.global.torch;

/**
 * Trains without a framework, in a separate process: {@link BareTraining} with the tuned run time, model, step and
 * batches that the clients of {@link FedAvgThroughput} use.
 *
 * <p>The argument is the {@link Workload.Size}. Prints {@code ready}. Then it reads lines {@code <clients>}, trains as
 * many steps as so many clients would take, after two untimed clients, and prints the nanoseconds.
 */
final class BareLoop {

    private BareLoop() {}

    /** Serves lines until the input ends. */
    public static void main(String[] args) throws IOException {
        LibTorch.tune();
        torch.set_num_threads(1);
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        Workload.Size size = Workload.Size.valueOf(args[0]);
        try (Workload workload = Workload.of(size);
                BareTraining training = new BareTraining(
                        ModelName.CNN.create(3, 32, 32, 10),
                        workload.images(),
                        workload.labels(),
                        size.samples(),
                        Workload.BATCH)) {
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
