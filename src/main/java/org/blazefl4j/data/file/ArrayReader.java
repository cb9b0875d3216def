package org.blazefl4j.data.file;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.blazefl4j.data.stream.TensorWriter;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.Printable;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** {@link DataFiles#arrays}. */
final class ArrayReader {

    private static final List<String> TRAIN = List.of("x_train", "train_images", "x");
    private static final List<String> TRAIN_LABELS = List.of("y_train", "train_labels", "y");
    private static final List<String> TEST = List.of("x_test", "test_images");
    private static final List<String> TEST_LABELS = List.of("y_test", "test_labels");
    private static final List<String> CLIENTS = List.of("clients_train", "clients");
    private static final List<String> TEST_CLIENTS = List.of("clients_test");
    private static final String SUFFIX = ".npy";
    private static final int MOST_CLASSES = 1_000_000;

    /** The most bytes that one packed byte can stand for in a ZIP archive. */
    private static final int MOST_DEFLATED = 1032;

    /** Opens an array. */
    private interface Source {
        Content open() throws IOException;
    }

    private record Content(long bytes, InputStream in) {}

    private final Path file;
    private final Map<String, Source> arrays;

    private ArrayReader(Path file, Map<String, Source> arrays) {
        this.file = file;
        this.arrays = arrays;
    }

    static FileData read(Path file, double testShare, long seed) throws IOException {
        Map<String, Source> arrays = new TreeMap<>();
        if (Files.isDirectory(file)) {
            try (Stream<Path> content = Files.list(file)) {
                content.filter(each -> each.toString().endsWith(SUFFIX))
                        .forEach(each -> arrays.put(
                                name(each.getFileName().toString()),
                                () -> new Content(Files.size(each), Files.newInputStream(each))));
            }
            return new ArrayReader(file, arrays).data(testShare, seed);
        }
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (ZipEntry each : zip.stream().toList()) {
                arrays.put(name(each.getName()), () -> {
                    requireSize(file, each);
                    return new Content(each.getSize(), zip.getInputStream(each));
                });
            }
            return new ArrayReader(file, arrays).data(testShare, seed);
        } catch (ZipException e) {
            throw new IOException(
                    "not an archive of arrays: file=" + file + ", found=" + Causes.describe(e)
                            + ", expected=a file that numpy.savez wrote",
                    e);
        }
    }

    /** Refuses an entry for which the archive's directory promises more than so few packed bytes can be. */
    private static void requireSize(Path file, ZipEntry entry) throws IOException {
        long packed = Math.min(entry.getCompressedSize(), Files.size(file));
        long most = entry.getMethod() == ZipEntry.STORED ? packed : packed * MOST_DEFLATED;
        if (entry.getSize() > most) {
            throw new IOException(
                    "damaged archive: file=" + file + ", entry=" + Printable.line(entry.getName()) + ", bytes="
                            + entry.getSize() + ", limit=" + most + " of " + packed + " packed bytes; save it again");
        }
    }

    private static String name(String entry) {
        return entry.endsWith(SUFFIX) ? entry.substring(0, entry.length() - SUFFIX.length()) : entry;
    }

    private FileData data(double testShare, long seed) throws IOException {
        try (PointerScope scope = new PointerScope()) {
            LabelledSamples train = part(TRAIN, TRAIN_LABELS, CLIENTS);
            if (find(TEST) != null) {
                return LabelledSamples.join(file, List.of(), train, part(TEST, TEST_LABELS, TEST_CLIENTS));
            }
            return LabelledSamples.split(file, List.of(), train, testShare, seed);
        }
    }

    private LabelledSamples part(List<String> samples, List<String> labels, List<String> clients) throws IOException {
        Tensor x = read(samples, ArrayReader::samples);
        return new LabelledSamples(
                x,
                read(labels, array -> labels(array, x)),
                find(clients) == null ? new long[0] : read(clients, array -> labels(array, x)));
    }

    /** Uses an array while it is open. */
    private interface Use<T> {
        T of(NpyArray array) throws IOException;
    }

    private <T> T read(List<String> names, Use<T> use) throws IOException {
        String name = find(names);
        if (name == null) {
            throw new IOException("no such array: file=" + file + ", found=" + arrays.keySet() + ", expected=one of "
                    + names + "; rename it, or choose another file");
        }
        Source source = Objects.requireNonNull(arrays.get(name), name);
        Content content = source.open();
        try (InputStream in = new BufferedInputStream(content.in)) {
            return use.of(NpyArray.open(file + "!" + name, in, content.bytes));
        } catch (EOFException | ZipException e) {
            throw new IOException(
                    "damaged array: file=" + file + "!" + name + ", found=" + Causes.describe(e) + "; save it again",
                    e);
        }
    }

    private @Nullable String find(List<String> names) {
        return names.stream().filter(arrays::containsKey).findFirst().orElse(null);
    }

    private static Tensor samples(NpyArray array) throws IOException {
        long[] shape = array.shape();
        if (shape.length < 2 || shape.length > 4) {
            throw new IOException("samples of another shape: file=" + array.name() + ", shape=" + Arrays.toString(shape)
                    + ", expected=[n, features], [n, height, width], [n, channels, height, width] or [n, height, width,"
                    + " channels]");
        }
        Tensor read = elements(array);
        return switch (shape.length) {
            case 2 -> read.view(shape[0], 1, 1, shape[1]);
            case 3 -> read.view(shape[0], 1, shape[1], shape[2]);
            default ->
                isChannels(shape[3]) && !isChannels(shape[1])
                        ? read.permute(0, 3, 1, 2).contiguous()
                        : read;
        };
    }

    private static boolean isChannels(long size) {
        return size == 1 || size == 3;
    }

    private static Tensor elements(NpyArray array) throws IOException {
        TensorWriter elements = array.isBytes() ? TensorWriter.ofBytes() : TensorWriter.ofFloats();
        array.read((at, value) -> {
            if (!Float.isFinite((float) value)) {
                throw refusal("not a finite number", array, at, value, "finite float32; correct it");
            }
            elements.add((float) value);
        });
        return elements.toTensor(array.shape());
    }

    private static long[] labels(NpyArray array, Tensor samples) throws IOException {
        boolean list = array.shape().length > 0 && array.shape()[0] == array.size();
        if (!list || array.size() != samples.size(0)) {
            throw new IOException("labels of another shape: file=" + array.name() + ", shape="
                    + Arrays.toString(array.shape()) + ", expected=[" + samples.size(0) + "], one for each sample");
        }
        long[] labels = new long[array.size()];
        array.read((at, value) -> {
            labels[at] = (long) value;
            if (labels[at] != value || value < 0 || value >= MOST_CLASSES) {
                throw refusal("not a label", array, at, value, "a whole number from 0 to " + (MOST_CLASSES - 1));
            }
        });
        return labels;
    }

    private static IOException refusal(String what, NpyArray array, int at, double value, String expected) {
        long row = at / Math.max(1, Arrays.stream(array.shape()).skip(1).reduce(1, (a, b) -> a * b));
        long column = at % Math.max(1, Arrays.stream(array.shape()).skip(1).reduce(1, (a, b) -> a * b));
        return new IOException(what + ": file=" + array.name() + ", row=" + row + ", element=" + column + ", value="
                + value + ", expected=" + expected);
    }
}
