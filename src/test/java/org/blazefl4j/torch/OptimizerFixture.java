package org.blazefl4j.torch;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What PyTorch's optimizers made of the weights of {@code Linear(7, 5)}; {@code src/test/fixtures/optimizers.py} says
 * how.
 *
 * @param name {@code sgd} or {@code adam}
 * @param settings by name
 * @param weights all of them after some steps, by the number of steps
 */
record OptimizerFixture(String name, Map<String, String> settings, TreeMap<Integer, float[]> weights) {

    static List<OptimizerFixture> all() {
        List<OptimizerFixture> fixtures = new ArrayList<>();
        for (String line : lines()) {
            String[] words = line.split(" ");
            if (words[0].equals("case")) {
                fixtures.add(new OptimizerFixture(words[1], new HashMap<>(), new TreeMap<>()));
                Arrays.stream(words, 2, words.length)
                        .map(word -> word.split("="))
                        .forEach(setting ->
                                fixtures.get(fixtures.size() - 1).settings.put(setting[0], setting[1]));
            } else if (words[0].equals("step")) {
                fixtures.get(fixtures.size() - 1).weights.put(Integer.valueOf(words[1]), floats(words));
            }
        }
        return fixtures;
    }

    private static float[] floats(String[] words) {
        float[] values = new float[words.length - 2];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.intBitsToFloat(Integer.parseUnsignedInt(words[i + 2], 16));
        }
        return values;
    }

    private static List<String> lines() {
        try (InputStream in = OptimizerFixture.class.getResourceAsStream("/fixtures/optimizers.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean exact() {
        return settings.get("bits").equals("exact");
    }

    double number(String setting) {
        String value = settings.get(setting);
        return value.equals("inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(value);
    }

    private boolean flag(String setting) {
        return settings.get(setting).equals("True");
    }

    StepRule rule() {
        return name.equals("sgd")
                ? new StepRule.Sgd(
                        number("momentum"),
                        number("dampening"),
                        flag("nesterov"),
                        number("weight_decay"),
                        flag("decoupled"))
                : new StepRule.Adam(
                        number("beta1"), number("beta2"), number("eps"), number("weight_decay"), flag("decoupled"));
    }

    double maxGradNorm() {
        return number("max_norm");
    }

    /** The learning rate of a step, from 0. */
    double rate(int step) {
        return number("lr") * Math.pow(number("gamma"), step);
    }

    @Override
    public String toString() {
        return name + " " + new TreeMap<>(settings);
    }
}
