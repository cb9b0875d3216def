package org.blazefl4j.data.file;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.blazefl4j.data.stream.Memory;
import org.blazefl4j.data.stream.TensorWriter;
import org.bytedeco.pytorch.Tensor;

/**
 * The rows of a table so far: numbers, the codes of categories among them, and the codes of labels and owners. The
 * pointer scope in which it is filled frees it.
 */
final class Table {

    private static final int FIRST_ROWS = 1024;
    private static final int PART_NUMBERS = 1 << 23;

    private final Path file;
    private final int columns;
    private final int rowsOfPart;

    /** The numbers, outside the heap. */
    private final List<FloatBuffer> parts = new ArrayList<>();

    private int[] labels;
    private int[] owners;
    private int rows;

    /** Makes a table without rows, of a file that messages name. */
    Table(Path file, int columns) {
        this.file = file;
        this.columns = columns;
        this.rowsOfPart = Math.max(1, PART_NUMBERS / columns);
        this.labels = new int[FIRST_ROWS];
        this.owners = new int[FIRST_ROWS];
    }

    int rows() {
        return rows;
    }

    void set(int column, float value) throws IOException {
        makeRoom();
        parts.get(rows / rowsOfPart).put(rows % rowsOfPart * columns + column, value);
    }

    /** Ends a row. */
    void end(int label, int owner) throws IOException {
        makeRoom();
        labels[rows] = label;
        owners[rows] = owner;
        rows++;
    }

    private void makeRoom() throws IOException {
        if (rows == labels.length) {
            labels = Arrays.copyOf(labels, Capacity.next(file, "rows", rows, Capacity.MOST));
            owners = Arrays.copyOf(owners, labels.length);
        }
        if (rows == parts.size() * (long) rowsOfPart) {
            parts.add(Memory.floats(rowsOfPart * columns));
        }
    }

    /** Returns the labels of some rows, ranked. */
    long[] labels(long[] at, int[] ranks) {
        return Arrays.stream(at).map(row -> ranks[labels[(int) row]]).toArray();
    }

    int owner(long row) {
        return owners[(int) row];
    }

    float get(long row, int column) {
        return parts.get((int) row / rowsOfPart).get((int) row % rowsOfPart * columns + column);
    }

    /** Returns the mean of a column over some rows, and the factor that gives it variance 1: 0 if it is constant. */
    double[] scale(int column, long[] at) {
        double mean = Arrays.stream(at).mapToDouble(row -> get(row, column)).sum() / at.length;
        double variance = Arrays.stream(at)
                        .mapToDouble(row -> (get(row, column) - mean) * (get(row, column) - mean))
                        .sum()
                / at.length;
        return new double[] {mean, variance > 0 ? 1 / Math.sqrt(variance) : 0};
    }

    /** Returns the features of some rows, [n, 1, 1, features]. */
    Tensor features(long[] at, List<Feature> features) throws IOException {
        if (features.size() > Capacity.MOST / Math.max(1, at.length)) {
            throw new IOException(
                    "too many numbers: file=" + file + ", rows=" + at.length + ", features="
                            + features.size() + ", limit=" + Capacity.MOST
                            + " for rows times features; ignore columns, above all those of many categories, or take fewer rows");
        }
        TensorWriter result = TensorWriter.ofFloats();
        for (long row : at) {
            for (Feature feature : features) {
                result.add(feature.of(get(row, feature.column())));
            }
        }
        return result.toTensor(at.length, 1, 1, features.size());
    }

    /** A feature that is computed from one column. */
    interface Feature {
        int column();

        float of(float value);
    }

    /** A number, shifted and scaled. */
    record Scaled(int column, double mean, double factor) implements Feature {
        @Override
        public float of(float value) {
            return (float) ((value - mean) * factor);
        }
    }

    /** Whether a column has a category. */
    record Category(int column, int code) implements Feature {
        @Override
        public float of(float value) {
            return value == code ? 1 : 0;
        }
    }
}
