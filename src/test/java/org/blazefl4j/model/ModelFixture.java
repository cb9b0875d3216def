package org.blazefl4j.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.data.Batch;
import org.blazefl4j.torch.FlatParameters;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** PyTorch's results for one model: a block of {@code models.txt}, which {@code models.py} writes. */
record ModelFixture(
        ModelName name,
        int channels,
        int size,
        int classes,
        long seed,
        Map<String, String> facts,
        Map<String, long[]> state) {

    static List<ModelFixture> all() {
        List<ModelFixture> fixtures = new ArrayList<>();
        for (String line : lines()) {
            String[] words = line.split(" ", 2);
            if (words[0].equals("model")) {
                fixtures.add(header(words[1].split(" ")));
            } else if (words[0].equals("state")) {
                String[] entry = words[1].split(" ");
                last(fixtures).state.put(entry[0], shape(entry[1]));
            } else if (!words[0].startsWith("#")) {
                last(fixtures).facts.put(words[0], words[1]);
            }
        }
        return fixtures;
    }

    /** The models in the fixture. */
    static List<ModelFixture> trained() {
        return all().stream().filter(f -> f.facts.containsKey("train")).toList();
    }

    private boolean isText() {
        return switch (name) {
            case LSTM, GPT, GPT_LORA -> true;
            default -> false;
        };
    }

    /** Returns the samples of the outputs. */
    Tensor inputs() {
        return isText()
                ? FormulaImages.tokens(0, classes, 2, channels, size, size)
                : FormulaImages.inputs(0, 2, channels, size, size);
    }

    /** Returns the batch of a step. */
    Batch batch(int step, int n) {
        return isText()
                ? FormulaImages.text(step, n, size, classes)
                : FormulaImages.images(step, n, channels, size, classes);
    }

    Model create() {
        return ModelSelector.seeded(seed, channels, size, size, classes).selectModel(name);
    }

    /** Creates the model with its initial weights. */
    Model createGiven() {
        Model model = create();
        String zeroed = facts.get("zeroed");
        if (zeroed == null) {
            return model;
        }
        try (FlatParameters parameters = FlatParameters.of(model);
                PointerScope scope = new PointerScope()) {
            Tensor given = parameters.flatten();
            long offset = 0;
            for (Map.Entry<String, long[]> entry : state.entrySet()) {
                long numel = LongStream.of(entry.getValue()).reduce(1, (a, b) -> a * b);
                if (entry.getKey().endsWith(zeroed)) {
                    given.narrow(0, offset, numel).zero_();
                }
                offset += numel;
            }
            parameters.load(given);
        }
        return model;
    }

    long number(String fact) {
        return Long.parseLong(facts.get(fact));
    }

    double[] numbers(String fact) {
        return Arrays.stream(facts.get(fact).split(" "))
                .mapToDouble(Double::parseDouble)
                .toArray();
    }

    @Override
    public String toString() {
        return name + " " + channels + "x" + size + "x" + size;
    }

    private static ModelFixture header(String[] words) {
        return new ModelFixture(
                ModelName.fromName(words[0]),
                Integer.parseInt(words[1]),
                Integer.parseInt(words[2]),
                Integer.parseInt(words[3]),
                Long.parseLong(words[4]),
                new LinkedHashMap<>(),
                new LinkedHashMap<>());
    }

    private static ModelFixture last(List<ModelFixture> fixtures) {
        return fixtures.get(fixtures.size() - 1);
    }

    private static long[] shape(String text) {
        return text.equals("-")
                ? new long[0]
                : Arrays.stream(text.split("x")).mapToLong(Long::parseLong).toArray();
    }

    private static List<String> lines() {
        try (InputStream in = ModelFixture.class.getResourceAsStream("/fixtures/models.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
