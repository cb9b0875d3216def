package org.blazefl4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.stream.LongStream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.blazefl4j.data.DataLoader.Epoch;
import org.blazefl4j.data.DataLoader.LastBatch;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DataLoaderTest {

    /** A loader of the fixture, its epochs and the final state of its generator. */
    record Case(Map<String, String> settings, List<String> epochs, long next) {

        @Override
        public String toString() {
            return settings.toString();
        }
    }

    static List<Case> pytorchCases() throws IOException {
        List<Case> cases = new ArrayList<>();
        Map<String, String> settings = new HashMap<>();
        List<String> epochs = new ArrayList<>();
        for (String line : lines("/fixtures/data_loader.txt")) {
            if (line.startsWith("case ")) {
                settings = new HashMap<>();
                for (String setting : line.substring(5).split(" ")) {
                    settings.put(setting.split("=")[0], setting.split("=")[1]);
                }
                epochs = new ArrayList<>();
            } else if (line.startsWith("epoch ")) {
                epochs.add(line.substring(6));
            } else if (line.startsWith("next ")) {
                cases.add(new Case(settings, epochs, Long.parseLong(line.substring(5))));
            }
        }
        return cases;
    }

    private static List<String> lines(String resource) throws IOException {
        try (BufferedReader reader = new BufferedReader(
                new InputStreamReader(DataLoaderTest.class.getResourceAsStream(resource), StandardCharsets.UTF_8))) {
            return reader.lines().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("pytorchCases")
    void shouldVisitSamplesAndDrawLikePyTorch(Case c) {
        long n = Long.parseLong(c.settings.get("n"));
        try (Generator g = torch.createCPUGenerator(Long.parseLong(c.settings.get("seed")));
                Tensor data = numbers(n)) {
            DataLoader whole = new DataLoader(
                    new TensorDataset(data, null),
                    Long.parseLong(c.settings.get("batch")),
                    Boolean.parseBoolean(c.settings.get("shuffle")),
                    g);
            DataLoader loader = Boolean.parseBoolean(c.settings.get("drop")) ? whole.lastBatch(LastBatch.DROP) : whole;
            for (String epoch : c.epochs) {
                String taken = epoch.substring(0, epoch.indexOf(':'));
                assertThat((taken + ": " + visit(loader, taken)).strip()).isEqualTo(epoch);
            }
            assertThat(draw(g)).isEqualTo(c.next);
        }
    }

    private static String visit(DataLoader loader, String taken) {
        List<String> batches = new ArrayList<>();
        try (Epoch epoch = loader.iterator()) {
            if (taken.equals("all")) {
                epoch.forEachRemaining(batch -> batches.add(text(batch)));
            } else {
                for (int i = 0; i < Integer.parseInt(taken); i++) {
                    batches.add(text(epoch.next()));
                }
            }
        }
        return String.join(" | ", batches);
    }

    private static String text(Batch batch) {
        try (batch) {
            return Arrays.toString(Samples.toArray(batch.x())).replaceAll("[\\[\\],]", "");
        }
    }

    private static long draw(Generator generator) {
        try (GeneratorOptional from = new GeneratorOptional(generator);
                TensorOptions longs = new TensorOptions(ScalarType.Long);
                Tensor number = torch.empty(new long[0], longs, null)) {
            return number.random_(from).item_long();
        }
    }

    private static Tensor numbers(long n) {
        return Tensor.create(LongStream.range(0, n).toArray());
    }

    @Property(tries = 100, edgeCases = EdgeCasesMode.NONE) // jqwik would combine them to hundreds of cases
    void shouldVisitEverySampleOnceInEachEpoch(
            @ForAll @IntRange(min = 0, max = 40) int n,
            @ForAll @IntRange(min = 1, max = 50) int batchSize,
            @ForAll boolean shuffle,
            @ForAll long seed) {
        try (Generator g = torch.createCPUGenerator(seed);
                Tensor data = numbers(n)) {
            DataLoader loader = new DataLoader(new TensorDataset(data, null), batchSize, shuffle, g);
            for (int epoch = 0; epoch < 2; epoch++) {
                List<Long> seen = new ArrayList<>();
                long batches = 0;
                for (Batch batch : loader) {
                    try (batch) {
                        Arrays.stream(Samples.toArray(batch.x())).forEach(seen::add);
                        assertThat(batch.x().size(0)).isEqualTo(Math.min(batchSize, n - batches++ * batchSize));
                    }
                }
                assertThat(batches).isEqualTo(loader.batches());
                assertThat(shuffle ? seen.stream().sorted().toList() : seen)
                        .isEqualTo(LongStream.range(0, n).boxed().toList());
            }
        }
    }

    @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
    void shouldTellPositionsOfWhatItWouldReadAndDrawAlike(
            @ForAll @IntRange(min = 0, max = 40) int n,
            @ForAll @IntRange(min = 1, max = 50) int batchSize,
            @ForAll @IntRange(min = 1, max = 5) int most,
            @ForAll LastBatch last,
            @ForAll boolean shuffle,
            @ForAll long seed) {
        try (Generator g = torch.createCPUGenerator(seed);
                Generator same = torch.createCPUGenerator(seed);
                Tensor data = numbers(n)) {
            DataLoader read = new DataLoader(new TensorDataset(data, null), batchSize, shuffle, g).lastBatch(last);
            DataLoader told = new DataLoader(new TensorDataset(data, null), batchSize, shuffle, same).lastBatch(last);
            for (int epoch = 0; epoch < 2; epoch++) {
                assertThat(told(told, most)).isEqualTo(texts(read));
            }
            assertThat(draw(same)).isEqualTo(draw(g));
        }
    }

    private static List<String> told(DataLoader loader, int most) {
        List<String> batches = new ArrayList<>();
        try (Epoch epoch = loader.iterator()) {
            while (epoch.hasNext()) {
                Epoch.Positions positions = epoch.nextPositions(most);
                assertThat(positions.lengths()).hasSizeBetween(1, most);
                int at = 0;
                for (long length : positions.lengths()) {
                    long[] batch = Arrays.copyOfRange(positions.samples(), at, at += (int) length);
                    batches.add(Arrays.toString(batch).replaceAll("[\\[\\],]", ""));
                }
                assertThat(at).isEqualTo(positions.samples().length);
            }
        }
        return batches;
    }

    @Test
    void shouldGiveOneBatchInOrderWhenNoSizeIsGiven() {
        try (Tensor data = numbers(5)) {
            DataLoader loader = new DataLoader(new TensorDataset(data, data));
            List<String> batches = new ArrayList<>();
            for (Batch batch : loader) {
                assertThat(Samples.toArray(batch.y())).containsExactly(0, 1, 2, 3, 4);
                batches.add(text(batch));
            }
            assertThat(batches).containsExactly("0 1 2 3 4");
            assertThat(loader.batches()).isEqualTo(1);
            assertThat(loader.batchSize()).isEqualTo(5);
        }
    }

    @Test
    void shouldGiveNoBatchesWithoutSamples() {
        try (Generator g = torch.createCPUGenerator(1);
                Tensor data = numbers(0)) {
            assertThat(new DataLoader(new TensorDataset(data, null))).isEmpty();
            assertThat(new DataLoader(new TensorDataset(data, null), 4, true, g))
                    .isEmpty();
        }
    }

    @Test
    void shouldCountBatches() {
        try (Tensor data = numbers(10)) {
            DataLoader loader = new DataLoader(new TensorDataset(data, null), 3);
            assertThat(loader.batches()).isEqualTo(4);
            assertThat(loader.lastBatch(LastBatch.DROP).batches()).isEqualTo(3);
        }
    }

    @Test
    void shouldMergeASmallLastBatchIntoThePreviousOne() {
        try (Generator g = torch.createCPUGenerator(42);
                Generator same = torch.createCPUGenerator(42);
                Tensor data = numbers(10);
                Tensor few = numbers(2)) {
            DataLoader merging = new DataLoader(new TensorDataset(data, null), 3, true, g).lastBatch(LastBatch.MERGE);
            DataLoader keeping = new DataLoader(new TensorDataset(data, null), 3, true, same);

            assertThat(merging.batches()).isEqualTo(3);
            assertThat(texts(merging)).containsExactly("6 5 4", "0 8 9", "2 1 3 7");
            assertThat(texts(keeping)).containsExactly("6 5 4", "0 8 9", "2 1 3", "7");
            assertThat(texts(merging))
                    .as("the next epoch's order")
                    .last()
                    .asString()
                    .contains(texts(keeping).get(3));
            assertThat(texts(new DataLoader(new TensorDataset(data, null), 5).lastBatch(LastBatch.MERGE)))
                    .containsExactly("0 1 2 3 4", "5 6 7 8 9");
            assertThat(texts(new DataLoader(new TensorDataset(few, null), 5).lastBatch(LastBatch.MERGE)))
                    .containsExactly("0 1");
            DataLoader inOrder = new DataLoader(new TensorDataset(data, null), 4).lastBatch(LastBatch.MERGE);
            assertThat(text(inOrder.batch(1))).isEqualTo("4 5 6 7 8 9");
        }
    }

    private static List<String> texts(DataLoader loader) {
        List<String> texts = new ArrayList<>();
        loader.forEach(batch -> texts.add(text(batch)));
        return texts;
    }

    @Test
    @SuppressWarnings("try") // the scope is only closed
    void shouldOutliveTheScopeOfAStep() {
        try (Generator g = torch.createCPUGenerator(42);
                Tensor data = numbers(10)) {
            DataLoader loader = new DataLoader(new TensorDataset(data, null), 3, true, g);
            List<String> batches = new ArrayList<>();
            Epoch epoch = loader.iterator();
            while (epoch.hasNext()) {
                try (PointerScope step = new PointerScope()) {
                    batches.add(text(epoch.next()));
                }
            }
            assertThat(batches).containsExactly("6 5 4", "0 8 9", "2 1 3", "7");
        }
    }

    @Test
    void shouldGiveNoMoreBatchesWhenClosed() {
        try (Generator g = torch.createCPUGenerator(42);
                Tensor data = numbers(10)) {
            Epoch epoch = new DataLoader(new TensorDataset(data, null), 3, true, g).iterator();
            epoch.next().close();
            epoch.close();
            epoch.close();
            assertThat(epoch.hasNext()).isFalse();
            assertThatThrownBy(epoch::next)
                    .isInstanceOf(NoSuchElementException.class)
                    .hasMessage("the epoch is over: batches=4");
        }
    }

    @Test
    void shouldAugmentFromTheLoadersGeneratorUnlessGivenAnother() {
        Generator[] seen = new Generator[1];
        Transform spy = (x, g) -> {
            seen[0] = g;
            return x;
        };
        try (Generator order = torch.createCPUGenerator(1);
                Generator other = torch.createCPUGenerator(2);
                Tensor data = numbers(4)) {
            DataLoader loader = new DataLoader(new TensorDataset(data, null, spy), 4, true, order);
            text(loader.iterator().next());
            assertThat(seen[0]).isSameAs(order);
            text(loader.augmentWith(other).iterator().next());
            assertThat(seen[0]).isSameAs(other);
        }
    }

    @Test
    void shouldRefuseInvalidSettings() {
        try (Tensor data = numbers(4)) {
            Dataset dataset = new TensorDataset(data, null);
            assertThatThrownBy(() -> new DataLoader(dataset, 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("batch size: batchSize=0, limit=1 or more; leave it out for one batch");
            assertThatThrownBy(() -> new DataLoader(dataset, 2, true, null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("shuffling without a generator: generator=null, expected=a generator; "
                            + "give one or read in order");
        }
    }

    @Test
    void shouldReadASingleBatch() {
        try (Tensor data = Tensor.create(new float[] {0, 1, 2, 3, 4}, 5);
                Generator generator = torch.createCPUGenerator(1)) {
            DataLoader loader = new DataLoader(new TensorDataset(data, null), 2);

            List<Float> read = new ArrayList<>();
            for (long batch : new long[] {2, 0}) {
                try (Batch part = loader.batch(batch)) {
                    for (long i = 0; i < part.x().numel(); i++) {
                        read.add(part.x().data_ptr_float().get(i));
                    }
                }
            }

            assertThat(read).containsExactly(4f, 0f, 1f);
            List<String> rest = new ArrayList<>();
            loader.from(1).forEachRemaining(batch -> {
                try (batch) {
                    rest.add(batch.x().numel() + " from "
                            + batch.x().data_ptr_float().get());
                }
            });
            assertThat(rest).containsExactly("2 from 2.0", "1 from 4.0");
            assertThatThrownBy(() -> loader.batch(3))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("no such batch: batch=3, limit=0 to 2");
            assertThatThrownBy(() -> new DataLoader(new TensorDataset(data, null), 2, true, generator).batch(0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("single batch of shuffled samples: batch=0, expected=a loader that reads in order");
        }
    }
}
