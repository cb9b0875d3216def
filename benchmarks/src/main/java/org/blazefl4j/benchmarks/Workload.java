package org.blazefl4j.benchmarks;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The data of the throughput benchmark: 100 clients of 500 random CIFAR-10-shaped images, drawn from 5 000 that all
 * share.
 *
 * @param images float32, shape [5000, 3, 32, 32]
 * @param labels int64, shape [5000]
 */
record Workload(Tensor images, Tensor labels) implements AutoCloseable {

    static final int CLIENTS = 100;
    static final int SAMPLES_PER_CLIENT = 500;
    static final int BATCH = 50;
    static final double RATE = 0.01;
    static final int STEPS_PER_CLIENT = SAMPLES_PER_CLIENT / BATCH;

    private static final long SAMPLES = 5000;

    static Workload create() {
        try (Generator generator = torch.createCPUGenerator(7);
                GeneratorOptional from = new GeneratorOptional(generator)) {
            Tensor images = torch.rand(new long[] {SAMPLES, 3, 32, 32}, from, new TensorOptions(ScalarType.Float));
            Tensor labels = torch.randint(10, new long[] {SAMPLES}, from, new TensorOptions(ScalarType.Long));
            return new Workload(images, labels);
        }
    }

    /** One client's part: the positions of its samples. */
    Tensor indices(int client) {
        try (Generator generator = torch.createCPUGenerator(1000 + client);
                GeneratorOptional from = new GeneratorOptional(generator)) {
            return torch.randint(SAMPLES, new long[] {SAMPLES_PER_CLIENT}, from, new TensorOptions(ScalarType.Long));
        }
    }

    @Override
    public void close() {
        images.close();
        labels.close();
    }
}
