package org.blazefl4j.benchmarks;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The data of a throughput benchmark: clients of random CIFAR-10-shaped images, drawn from 5 000 that all share.
 *
 * @param size how many clients there are, and of how many images
 * @param images float32, shape [5000, 3, 32, 32]
 * @param labels int64, shape [5000]
 */
record Workload(Size size, Tensor images, Tensor labels) implements AutoCloseable {

    static final int BATCH = 50;
    static final double RATE = 0.01;

    private static final long SAMPLES = 5000;

    /** The clients of a round. */
    enum Size {
        /** As in the tutorial: ten steps each. */
        USUAL(100, 500),
        /** So many and so small that what a client costs beside its one step counts. */
        SMALL(1000, 20);

        private final int clients;
        private final int samples;

        Size(int clients, int samples) {
            this.clients = clients;
            this.samples = samples;
        }

        int clients() {
            return clients;
        }

        /** Returns the images of a client. */
        int samples() {
            return samples;
        }

        /** Returns the steps of a client. */
        int steps() {
            return (samples + BATCH - 1) / BATCH;
        }
    }

    static Workload of(Size size) {
        try (Generator generator = torch.createCPUGenerator(7);
                GeneratorOptional from = new GeneratorOptional(generator)) {
            Tensor images = torch.rand(new long[] {SAMPLES, 3, 32, 32}, from, new TensorOptions(ScalarType.Float));
            Tensor labels = torch.randint(10, new long[] {SAMPLES}, from, new TensorOptions(ScalarType.Long));
            return new Workload(size, images, labels);
        }
    }

    /** One client's part: the positions of its samples. */
    Tensor indices(int client) {
        try (Generator generator = torch.createCPUGenerator(1000 + client);
                GeneratorOptional from = new GeneratorOptional(generator)) {
            return torch.randint(SAMPLES, new long[] {size.samples()}, from, new TensorOptions(ScalarType.Long));
        }
    }

    @Override
    public void close() {
        images.close();
        labels.close();
    }
}
