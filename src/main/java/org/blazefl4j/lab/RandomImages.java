package org.blazefl4j.lab;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Random images shared by all clients of a measurement, and the positions that belong to each client.
 *
 * @param images float32, shape [{@value #COUNT}, {@value #CHANNELS}, {@value #SIDE}, {@value #SIDE}]
 * @param labels int64, shape [{@value #COUNT}]
 */
record RandomImages(Tensor images, Tensor labels) implements AutoCloseable {

    static final int CHANNELS = 3;
    static final int SIDE = 32;
    static final int CLASSES = 10;

    private static final long COUNT = 2000;
    private static final long TEST = 500;
    private static final long SEED = 7;
    private static final long FIRST_CLIENTS_SEED = 1000;

    static RandomImages create() {
        try (Generator generator = torch.createCPUGenerator(SEED);
                GeneratorOptional from = new GeneratorOptional(generator);
                TensorOptions floats = new TensorOptions(ScalarType.Float);
                TensorOptions longs = new TensorOptions(ScalarType.Long)) {
            Tensor images = torch.rand(new long[] {COUNT, CHANNELS, SIDE, SIDE}, from, floats);
            return new RandomImages(images, torch.randint(CLASSES, new long[] {COUNT}, from, longs));
        }
    }

    /** Returns the positions of a client's images; the caller closes them. */
    Tensor indices(int client, long samples) {
        try (Generator generator = torch.createCPUGenerator(FIRST_CLIENTS_SEED + client);
                GeneratorOptional from = new GeneratorOptional(generator);
                TensorOptions longs = new TensorOptions(ScalarType.Long)) {
            return torch.randint(images.size(0), new long[] {samples}, from, longs);
        }
    }

    /** Returns the positions of the images to evaluate on; the caller closes them. */
    Tensor testIndices() {
        return indices(-1, TEST);
    }

    @Override
    public void close() {
        images.close();
        labels.close();
    }
}
