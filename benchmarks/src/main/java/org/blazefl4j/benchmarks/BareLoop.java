package org.blazefl4j.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.blazefl4j.model.Cnn;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Training with no framework, in a process of its own: the same tuned run time, model, step and batches by
 * {@code index_select} as the clients of {@link FedAvgThroughput}, and nothing else.
 *
 * <p>Prints {@code ready}; then, for each line {@code <clients>} that it reads, trains that many clients' worth of
 * steps and prints the nanoseconds that it took.
 */
final class BareLoop {

    private BareLoop() {}

    /** Serves lines until the input ends. */
    public static void main(String[] args) throws IOException {
        LibTorch.tune();
        torch.set_num_threads(1);
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        try (Workload workload = Workload.create();
                Cnn model = new Cnn();
                FlatParameters parameters = FlatParameters.of(model);
                Tensor flat = parameters.flatten();
                Generator generator = torch.createCPUGenerator(1)) {
            parameters.bind(flat);
            model.train();
            System.out.println("ready");
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                int clients = Integer.parseInt(line);
                long start = System.nanoTime();
                for (int client = 0; client < clients; client++) {
                    trainClient(workload, model, parameters, generator);
                }
                System.out.println(System.nanoTime() - start);
            }
        }
    }

    private static void trainClient(Workload workload, Cnn model, FlatParameters parameters, Generator generator) {
        try (Tensor order = torch.randperm(Workload.SAMPLES_PER_CLIENT, new GeneratorOptional(generator))) {
            for (long start = 0; start < Workload.SAMPLES_PER_CLIENT; start += Workload.BATCH) {
                try (PointerScope scope = new PointerScope()) {
                    Tensor batch = order.narrow(0, start, Workload.BATCH);
                    parameters.dropGradients();
                    Tensor output = model.forward(workload.images().index_select(0, batch));
                    torch.cross_entropy_loss(output, workload.labels().index_select(0, batch))
                            .backward();
                    parameters.sgdStep(Workload.RATE);
                }
            }
        }
    }
}
