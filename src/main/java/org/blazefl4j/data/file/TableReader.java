package org.blazefl4j.data.file;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.zip.ZipException;
import org.blazefl4j.data.ClientSplits;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.Printable;
import org.bytedeco.javacpp.PointerScope;

/** {@link DataFiles#csv}. */
final class TableReader {

    private static final int HEADER_LIMIT = 1 << 20;

    private final CsvOptions options;
    private final Names labels = new Names();
    private final Names owners = new Names();
    private final List<Names> categories = new ArrayList<>();
    private List<String> header = List.of();

    /** Reads tables as the options say. */
    TableReader(CsvOptions options) {
        this.options = options;
    }

    FileData read(Path file) throws IOException {
        try (PointerScope scope = new PointerScope()) {
            Table all = table(file, true);
            long[] rows = LongStream.range(0, all.rows()).toArray();
            Path testFile = options.testFile();
            if (testFile != null) {
                Table test = table(testFile, false);
                return data(
                        file, all, rows, test, LongStream.range(0, test.rows()).toArray());
            }
            ClientSplits split = ClientSplits.of(List.of(rows), 0, options.testShare(), options.seed());
            return data(file, all, split.train().get(0), all, split.test().get(0));
        }
    }

    private FileData data(Path file, Table train, long[] trainRows, Table test, long[] testRows) throws IOException {
        List<Table.Feature> features = features(train, trainRows);
        int[] ranks = labels.ranks();
        ImageData samples = new ImageData(
                String.valueOf(file.getFileName()),
                ranks.length,
                train.features(trainRows, features),
                Tensors.of(train.labels(trainRows, ranks)),
                test.features(testRows, features),
                Tensors.of(test.labels(testRows, ranks)),
                null);
        return owned(samples, train, trainRows, test, testRows);
    }

    private FileData owned(ImageData samples, Table train, long[] trainRows, Table test, long[] testRows) {
        if (options.clientColumn() == null) {
            return FileData.withoutOwners(samples, labels.sorted());
        }
        Names present = new Names();
        Arrays.stream(trainRows).forEach(row -> present.add(owners.name(train.owner(row))));
        int[] ranks = present.ranks();
        return new FileData(
                samples,
                ranked(train, trainRows, present, ranks),
                ranked(test, testRows, present, ranks),
                present.sorted(),
                labels.sorted(),
                List.of());
    }

    private long[] ranked(Table table, long[] rows, Names present, int[] ranks) {
        return Arrays.stream(rows)
                .map(row -> {
                    Integer code = present.get(owners.name(table.owner(row)));
                    return code == null ? -1 : ranks[code];
                })
                .toArray();
    }

    private List<Table.Feature> features(Table table, long[] rows) {
        List<Table.Feature> features = new ArrayList<>();
        for (int column = 0; column < header.size(); column++) {
            String name = header.get(column);
            if (options.categories().contains(name)) {
                Names known = categories.get(column);
                for (String each : known.sorted()) {
                    features.add(new Table.Category(column, known.add(each)));
                }
            } else if (isNumber(name)) {
                double[] scale = options.standardised() ? table.scale(column, rows) : new double[] {0, 1};
                features.add(new Table.Scaled(column, scale[0], scale[1]));
            }
        }
        return features;
    }

    private boolean isNumber(String name) {
        return !name.equals(options.labelColumn())
                && !name.equals(options.clientColumn())
                && !options.ignored().contains(name)
                && !options.categories().contains(name);
    }

    /** {@link DataFiles#columns}. */
    static List<String> columns(Path file) throws IOException {
        return read(file, (names, records) -> names);
    }

    private Table table(Path file, boolean first) throws IOException {
        return read(file, (names, records) -> {
            takeHeader(file, names, first);
            Table table = new Table(file, header.size());
            while (records.hasNext()) {
                add(new Row(file, records.next()), table, first);
            }
            int least = options.testFile() == null ? 2 : 1;
            if (table.rows() < least) {
                throw new IOException(
                        "too few rows: file=" + file + ", rows=" + table.rows() + ", limit=" + least + " or more");
            }
            return table;
        });
    }

    /** Uses the rows of a file while it is open. */
    private interface Use<T> {
        T of(List<String> names, Iterator<CsvRecord> records) throws IOException;
    }

    private static <T> T read(Path file, Use<T> use) throws IOException {
        try (BufferedReader text = Utf8.open(file, CodingErrorAction.REPORT);
                CsvReader<CsvRecord> csv = CsvReader.builder()
                        .fieldSeparator(separator(file, text))
                        .allowMissingFields(true)
                        .allowExtraFields(true)
                        .ofCsvRecord(text)) {
            Iterator<CsvRecord> records = csv.iterator();
            if (!records.hasNext()) {
                throw new IOException(
                        "empty table: file=" + file + ", expected=a header and rows; choose another file");
            }
            return use.of(records.next().getFields().stream().map(String::strip).toList(), records);
        } catch (CsvParseException e) {
            throw new IOException(
                    "damaged table: file=" + file + ", found=" + Causes.describe(e) + "; check quotes there", e);
        } catch (UncheckedIOException | CharacterCodingException | EOFException | ZipException e) {
            throw new IOException("cannot read the table: file=" + file + ", found=" + Causes.describe(e), e);
        }
    }

    /** Returns what the header has most of: commas, semicolons or tabs. */
    private static char separator(Path file, BufferedReader text) throws IOException {
        text.mark(HEADER_LIMIT);
        int[] counts = new int[3];
        int length = 0;
        for (int c = text.read(); c >= 0 && c != '\n' && c != '\r'; c = text.read()) {
            counts[0] += c == ',' ? 1 : 0;
            counts[1] += c == ';' ? 1 : 0;
            counts[2] += c == '\t' ? 1 : 0;
            length++;
            if (length == HEADER_LIMIT) {
                throw new IOException("no header: file=" + file + ", first line=" + length + " characters, limit="
                        + (HEADER_LIMIT - 1) + "; give a table in CSV");
            }
        }
        text.reset();
        int most = counts[1] > counts[0] ? 1 : 0;
        return ",;\t".charAt(counts[2] > counts[most] ? 2 : most);
    }

    private void takeHeader(Path file, List<String> names, boolean first) throws IOException {
        if (!first) {
            if (!names.equals(header)) {
                throw new IOException("other columns: file=" + file + ", found=" + Printable.line(names) + ", expected="
                        + Printable.line(header) + ", as the training file has");
            }
            return;
        }
        header = names;
        names.forEach(name -> categories.add(new Names()));
        if (names.stream().distinct().count() < names.size()) {
            throw new IOException("columns of one name: file=" + file + ", found=" + Printable.line(names)
                    + ", expected=different names; rename them in the first line");
        }
        Stream.concat(
                        Stream.of(options.labelColumn()),
                        Stream.concat(
                                Stream.ofNullable(options.clientColumn()),
                                Stream.concat(options.categories().stream(), options.ignored().stream())))
                .forEach(name -> Arguments.require(
                        names.contains(name),
                        "no such column: file=" + file + ", column=" + Printable.line(name) + ", expected=one of "
                                + Printable.line(names)));
        Arguments.require(
                names.stream()
                        .anyMatch(name -> isNumber(name) || options.categories().contains(name)),
                "no features: file=" + file + ", columns=" + Printable.line(names)
                        + ", expected=columns besides those of labels and clients");
    }

    /** A row of a file, for messages. */
    private record Row(Path file, CsvRecord fields) {

        IOException refusal(String what, String column, String expected) {
            return new IOException(what + ": file=" + file + ", line=" + fields.getStartingLineNumber() + ", column="
                    + Printable.line(column) + ", expected=" + expected);
        }
    }

    private void add(Row row, Table table, boolean first) throws IOException {
        if (row.fields.getFieldCount() != header.size()) {
            throw row.refusal(
                    "row of another length",
                    header.get(Math.min(row.fields.getFieldCount(), header.size()) - 1),
                    header.size() + " fields, found " + row.fields.getFieldCount());
        }
        int label = 0;
        int owner = 0;
        for (int column = 0; column < header.size(); column++) {
            String name = header.get(column);
            if (name.equals(options.labelColumn())) {
                label = code(row, column, labels, first);
            } else if (name.equals(options.clientColumn())) {
                owner = owners.add(present(row, column));
            } else if (options.categories().contains(name)) {
                table.set(column, code(row, column, categories.get(column), first));
            } else if (isNumber(name)) {
                table.set(column, number(row, column));
            }
        }
        table.end(label, owner);
    }

    private int code(Row row, int column, Names names, boolean first) throws IOException {
        String text = present(row, column);
        if (first) {
            return names.add(text);
        }
        Integer known = names.get(text);
        if (known == null) {
            throw row.refusal(
                    "value unknown: value=" + Printable.line(text),
                    header.get(column),
                    "one that the training file has; add rows with it there");
        }
        return known;
    }

    private String present(Row row, int column) throws IOException {
        String text = row.fields.getField(column).strip();
        if (text.isEmpty()) {
            throw row.refusal("missing value", header.get(column), "a value; fill it in, or ignore the column");
        }
        return text;
    }

    private float number(Row row, int column) throws IOException {
        String text = present(row, column);
        char last = text.charAt(text.length() - 1);
        try {
            float value = Float.parseFloat(text);
            if (Float.isFinite(value) && (Character.isDigit(last) || last == '.') && text.indexOf('x') < 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            // refused below
        }
        throw row.refusal(
                "not a number: value=" + Printable.line(text),
                header.get(column),
                "a finite number; correct it, or name the column as one of categories, or ignore it");
    }
}
