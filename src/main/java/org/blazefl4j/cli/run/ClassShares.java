package org.blazefl4j.cli.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.Printable;

/** The file of {@code --class-shares}: a line for each client, with a number for each class. */
final class ClassShares {

    /** As Excel begins UTF-8. */
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private ClassShares() {}

    /**
     * Reads the numbers, client by client; empty lines are passed over.
     *
     * @throws UsageException if the file cannot be read, or has something else in it than numbers
     */
    static double[][] read(Path file) {
        List<double[]> rows = new ArrayList<>();
        try {
            List<String> lines = Files.readString(file)
                    .replaceFirst("^" + BYTE_ORDER_MARK, "")
                    .lines()
                    .toList();
            for (int line = 1; line <= lines.size(); line++) {
                String text = lines.get(line - 1).strip();
                if (!text.isEmpty()) {
                    rows.add(numbers(file, line, text.split("[,;\t]", -1)));
                }
            }
        } catch (IOException e) {
            throw new UsageException(
                    "file cannot be read: --class-shares=" + file + ", found=" + Causes.describe(e)
                            + ", expected=a table in CSV of numbers, a line for each client; choose another",
                    e);
        }
        return rows.toArray(double[][]::new);
    }

    private static double[] numbers(Path file, int line, String[] fields) {
        double[] numbers = new double[fields.length];
        for (int column = 0; column < fields.length; column++) {
            try {
                numbers[column] = Double.parseDouble(fields[column].strip());
            } catch (NumberFormatException e) {
                throw new UsageException("not a share: --class-shares=" + file + ", line=" + line + ", column="
                        + (column + 1) + ", value=" + Printable.line(fields[column].strip())
                        + ", expected=a number, 0 or more; the file has no header");
            }
        }
        return numbers;
    }
}
