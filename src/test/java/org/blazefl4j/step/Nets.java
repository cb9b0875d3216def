package org.blazefl4j.step;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.blazefl4j.model.Layer;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.Sequential;

/** Declared nets for samples of a shape. */
record Nets(String name, List<Layer> layers, long... sample) {

    static Nets of(String name, long[] sample, Layer... layers) {
        return new Nets(name, List.of(layers), sample);
    }

    /** One of each kind of layer, with and without what may follow it, and the library's small nets. */
    static List<Nets> all() {
        Layer relu = Layer.relu();
        Layer pool = Layer.maxPool();
        Layer flat = Layer.flatten();
        return List.of(
                of("linear", row(20), Layer.linear(20, 10)),
                of("linear of images", image(2, 3, 5), flat, Layer.linear(30, 7)),
                of("linear without bias", row(9), new Layer.Linear(9, 3, false)),
                of("linear, relu, linear", row(20), Layer.linear(20, 33), relu, Layer.linear(33, 10)),
                of("convolution", image(3, 8, 7), Layer.convolution(3, 5, 3), flat, Layer.linear(150, 4)),
                of(
                        "convolution without bias",
                        image(3, 8, 7),
                        new Layer.Convolution(3, 5, 3, 0, false),
                        flat,
                        Layer.linear(150, 4)),
                of("padding", image(3, 6, 6), Layer.convolution(3, 4, 5, 2), flat, Layer.linear(144, 4)),
                of("1 by 1", image(3, 4, 4), Layer.convolution(3, 6, 1), relu, flat, Layer.linear(96, 4)),
                of("11 by 11", image(2, 12, 13), Layer.convolution(2, 3, 11), relu, flat, Layer.linear(18, 4)),
                of("pooling", image(2, 9, 8), Layer.convolution(2, 4, 3), pool, flat, Layer.linear(36, 4)),
                of("pooling, relu", image(2, 9, 8), Layer.convolution(2, 4, 3), pool, relu, flat, Layer.linear(36, 4)),
                of(
                        "16 to 32",
                        image(16, 6, 5),
                        Layer.convolution(16, 32, 3, 1),
                        pool,
                        relu,
                        flat,
                        Layer.linear(192, 4)),
                of("relu, pooling", image(2, 9, 8), Layer.convolution(2, 4, 3), relu, pool, flat, Layer.linear(36, 4)),
                of(
                        "two convolutions",
                        image(1, 18, 18),
                        Layer.convolution(1, 6, 5, 2),
                        pool,
                        relu,
                        Layer.convolution(6, 16, 5),
                        pool,
                        relu,
                        flat,
                        Layer.linear(64, 30),
                        relu,
                        Layer.linear(30, 10)),
                of(
                        "32 to 64",
                        image(32, 6, 6),
                        Layer.convolution(32, 64, 5, 2),
                        relu,
                        pool,
                        flat,
                        Layer.linear(576, 10)),
                of("cnn", image(3, 32, 32), cnn(3, 25)),
                of(
                        "mlp",
                        image(1, 28, 28),
                        flat,
                        Layer.linear(784, 200),
                        relu,
                        Layer.linear(200, 200),
                        relu,
                        Layer.linear(200, 10)),
                of("one class", row(9), Layer.linear(9, 1)));
    }

    /** The layers of {@link org.blazefl4j.model.Cnn}. */
    static Layer[] cnn(long channels, long pixels) {
        return new Layer[] {
            Layer.convolution(channels, 6, 5),
            Layer.maxPool(),
            Layer.relu(),
            Layer.convolution(6, 16, 5),
            Layer.maxPool(),
            Layer.relu(),
            Layer.flatten(),
            Layer.linear(16 * pixels, 120),
            Layer.relu(),
            Layer.linear(120, 84),
            Layer.relu(),
            Layer.linear(84, 10)
        };
    }

    /** Returns the same net with dropout after each layer but the last. */
    Nets dropping() {
        List<Layer> with = new ArrayList<>();
        for (Layer layer : layers) {
            boolean begins = layer instanceof Layer.Convolution || layer instanceof Layer.Linear;
            if (begins && !with.isEmpty() && with.stream().anyMatch(Nets::weighs)) {
                with.add(Layer.dropout(0.25));
            }
            with.add(layer);
        }
        return new Nets(name + " with dropout", with, sample);
    }

    private static boolean weighs(Layer layer) {
        return layer instanceof Layer.Convolution || layer instanceof Layer.Linear;
    }

    StepPlan plan() {
        return StepPlan.of(layers, sample);
    }

    Model model() {
        return new Sequential().add(layers.toArray(Layer[]::new));
    }

    ReferenceNet reference() {
        return new ReferenceNet(layers);
    }

    static Stream<Nets> small() {
        return all().stream().limit(14);
    }

    private static long[] row(long inputs) {
        return new long[] {inputs};
    }

    private static long[] image(long channels, long height, long width) {
        return new long[] {channels, height, width};
    }

    @Override
    public String toString() {
        return name;
    }
}
