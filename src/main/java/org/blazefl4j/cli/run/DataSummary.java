package org.blazefl4j.cli.run;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.file.FileData;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.report.Numbers;
import org.blazefl4j.report.PartitionPage;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Printable;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What data are like, for people, and the options of a run on them. */
record DataSummary(FileData data) {

    /** More classes than this are shown in part. */
    private static final int MOST_CLASSES = 20;

    private static final int LARGEST_CLASSES = 10;
    private static final int LONGEST_NAME = 24;
    private static final int LONGEST_LIST = 200;

    /** The usual number of clients, and about the most that train in a round. */
    private static final int USUAL_CLIENTS = 100;

    /** The least height and width of images for {@link ModelName#CNN} and {@link ModelName#MCMAHAN}. */
    private static final int CNN_SIDE = 16;

    private static final int MCMAHAN_SIDE = 4;

    /** About the fewest samples that a client can learn from. */
    private static final int FEWEST_SAMPLES = 5;

    /** Returns the figures, and a table of classes. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        ImageData samples = data.samples();
        lines.add(figure("training samples", Numbers.text(samples.train().size())));
        lines.add(figure("test samples", Numbers.text(samples.test().size())));
        lines.add(figure(
                "shape of a sample",
                Arrays.stream(shape()).mapToObj(Long::toString).collect(Collectors.joining(" x "))));
        lines.add(figure("type", isBytes() ? "bytes (uint8)" : "numbers (float32)"));
        lines.add(isText() ? figure("characters", characters()) : figure("values", values()));
        lines.add(figure("classes", Numbers.text(samples.classes())));
        lines.add(figure("owners", owners()));
        lines.add(figure("SHA-256", String.valueOf(samples.sha256())));
        lines.add("");
        lines.addAll(classes());
        return lines;
    }

    private static String figure(String name, String value) {
        return String.format(Locale.ROOT, "  %-20s %s", name, value);
    }

    /** Returns channels, height and width. */
    private long[] shape() {
        long[] shape = data.samples().trainImages().shape();
        return Arrays.copyOfRange(shape, 1, shape.length);
    }

    private boolean isBytes() {
        return Tensors.type(data.samples().trainImages()) == ScalarType.Byte;
    }

    private boolean isText() {
        return !data.vocabulary().isEmpty();
    }

    /** Returns the characters that have numbers. */
    private String characters() {
        String all = Printable.line(String.join("", data.vocabulary()));
        return Numbers.text(data.vocabulary().size() - 1) + ": "
                + (all.length() <= LONGEST_LIST ? all : all.substring(0, LONGEST_LIST) + " ...");
    }

    private String values() {
        try (PointerScope scope = new PointerScope()) {
            Tensor x = data.samples().trainImages();
            double mean =
                    isBytes() ? x.sum().item_double() / x.numel() : x.mean().item_double();
            return "from " + Numbers.text(x.min().item_double()) + " to "
                    + Numbers.text(x.max().item_double()) + ", mean " + Numbers.text(mean);
        }
    }

    private String owners() {
        if (data.owners().isEmpty()) {
            return "unknown";
        }
        return Numbers.text(data.owners().size()) + " (training samples "
                + PartitionPage.spread(counts(data.trainOwners(), data.owners().size())) + ")";
    }

    private static long[] counts(long[] values, int kinds) {
        long[] counts = new long[kinds];
        Arrays.stream(values).forEach(value -> counts[(int) value]++);
        return counts;
    }

    private long[] classCounts(Tensor labels) {
        long[] values = new long[Math.toIntExact(labels.numel())];
        labels.data_ptr_long().get(values);
        return counts(values, data.samples().classes());
    }

    private List<String> classes() {
        long[] train = classCounts(data.samples().trainLabels());
        long[] test = classCounts(data.samples().testLabels());
        int[] order = IntStream.range(0, train.length)
                .filter(c -> train.length <= MOST_CLASSES || train[c] + test[c] > 0)
                .toArray();
        int[] shown = order.length <= MOST_CLASSES ? order : largest(order, train);
        List<String> lines = new ArrayList<>();
        lines.add(String.format(Locale.ROOT, "  %-24s %10s %10s", "class", "training", "test"));
        for (int c : shown) {
            lines.add(String.format(Locale.ROOT, "  %-24s %,10d %,10d", className(c), train[c], test[c]));
        }
        if (shown.length < order.length) {
            lines.add("  and " + (order.length - shown.length) + " smaller ones");
        }
        return lines;
    }

    /** Returns the classes with the most training samples, by number. */
    private static int[] largest(int[] classes, long[] counts) {
        return Arrays.stream(classes)
                .boxed()
                .sorted(Comparator.comparing(c -> -counts[c]))
                .limit(LARGEST_CLASSES)
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private String className(int number) {
        if (data.classNames().isEmpty()) {
            return Integer.toString(number);
        }
        String name = Printable.line(data.classNames().get(number));
        if (isText()) {
            return name.isEmpty() ? "others" : "'" + name + "'";
        }
        return name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME - 3) + "...";
    }

    /** Returns the options of a run that make use of owners and fit the samples. */
    List<String> options() {
        List<String> options = new ArrayList<>();
        int owners = data.owners().size();
        long few = data.samples().train().size() / FEWEST_SAMPLES;
        if (owners > 0) {
            options.addAll(List.of("--partition=natural", "--num-clients=" + owners));
            if (owners > USUAL_CLIENTS) {
                BigDecimal ratio = BigDecimal.valueOf((double) USUAL_CLIENTS / owners);
                options.add("--sample-ratio="
                        + ratio.round(new MathContext(1, RoundingMode.UP)).toPlainString());
            }
        } else if (few < USUAL_CLIENTS) {
            options.add("--num-clients=" + Math.max(1, few));
        }
        options.add("--model-name=" + model());
        return options;
    }

    private ModelName model() {
        if (isText()) {
            return ModelName.LSTM;
        }
        long side = Math.min(shape()[1], shape()[2]);
        if (side >= CNN_SIDE) {
            return ModelName.CNN;
        }
        return side >= MCMAHAN_SIDE ? ModelName.MCMAHAN : ModelName.LOGISTIC;
    }
}
