package org.blazefl4j.data.file;

import java.util.Arrays;
import java.util.List;

/** The rows of a table so far: numbers, the codes of categories among them, and the codes of labels and owners. */
final class Table {

    private static final int FIRST_ROWS = 1024;

    private final int columns;
    private float[] values;
    private int[] labels = new int[FIRST_ROWS];
    private int[] owners = new int[FIRST_ROWS];
    private int rows;

    Table(int columns) {
        this.columns = columns;
        this.values = new float[Math.multiplyExact(columns, FIRST_ROWS)];
    }

    int rows() {
        return rows;
    }

    void set(int column, float value) {
        values[rows * columns + column] = value;
    }

    /** Ends a row. */
    void end(int label, int owner) {
        labels[rows] = label;
        owners[rows] = owner;
        rows++;
        if (rows == labels.length) {
            int more = Math.multiplyExact(rows, 2);
            values = Arrays.copyOf(values, Math.multiplyExact(more, columns));
            labels = Arrays.copyOf(labels, more);
            owners = Arrays.copyOf(owners, more);
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
        return values[(int) row * columns + column];
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

    /** Returns the features of some rows. */
    float[] features(long[] at, List<Feature> features) {
        float[] result = new float[Math.multiplyExact(at.length, features.size())];
        int next = 0;
        for (long row : at) {
            for (Feature feature : features) {
                result[next++] = feature.of(get(row, feature.column()));
            }
        }
        return result;
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
