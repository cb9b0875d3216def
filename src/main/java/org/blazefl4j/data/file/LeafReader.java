package org.blazefl4j.data.file;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.blazefl4j.data.stream.TensorWriter;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.FolderContent;
import org.blazefl4j.util.Printable;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** {@link DataFiles#leaf}. */
final class LeafReader {

    private static final String SUFFIX = ".json";
    private static final String USERS = "user_data";
    private static final int MOST_CLASSES = 1_000_000;

    /** The field of a tweet in Sent140 that has its text: it follows id, date, query and user. */
    private static final int TEXT_FIELD = 4;

    /** What samples are. */
    private enum SampleKind {
        UNKNOWN("a text or an array of numbers"),
        NUMBERS("an array of numbers, as the first is"),
        TEXT("a text, as the first is");

        private final String expected;

        SampleKind(String expected) {
            this.expected = expected;
        }
    }

    /** What labels are. */
    private enum LabelKind {
        UNKNOWN("a whole number or a character"),
        CLASS("a whole number, as the first is"),
        CHARACTER("a character, as the first is");

        private final String expected;

        LabelKind(String expected) {
            this.expected = expected;
        }
    }

    private final Names owners = new Names();
    private final Vocabulary vocabulary = new Vocabulary();

    /** What the first sample is; a user's labels may come before the samples. */
    private SampleKind sampleKind = SampleKind.UNKNOWN;

    private LabelKind labelKind = LabelKind.UNKNOWN;

    /** How many numbers each sample has, or characters the longest one for training. */
    private int length;

    private LeafReader() {}

    static FileData read(Path path, double testShare, long seed) throws IOException {
        LeafReader reader = new LeafReader();
        try (PointerScope scope = new PointerScope()) {
            boolean folder = Files.isDirectory(path);
            Rows train = reader.part(folder ? files(path.resolve("train")) : List.of(path), true);
            Path test = path.resolve("test");
            Rows other = folder && Files.isDirectory(test) ? reader.part(files(test), false) : null;
            return reader.data(path, train, other, testShare, seed);
        }
    }

    private FileData data(Path path, Rows train, @Nullable Rows test, double testShare, long seed) throws IOException {
        boolean ofText = sampleKind == SampleKind.TEXT;
        List<String> names = ofText ? vocabulary.names() : List.of();
        LabelledSamples samples = samples(path, train);
        FileData data = test == null
                ? LabelledSamples.split(path, names, samples, testShare, seed)
                : LabelledSamples.join(path, names, samples, samples(path, test));
        FileData named = data.named(owners);
        return ofText ? named.withText(labelKind == LabelKind.CHARACTER ? names : List.of(), names) : named;
    }

    private LabelledSamples samples(Path path, Rows rows) throws IOException {
        long[] labels = Arrays.copyOf(rows.labels, rows.count);
        if (labelKind == LabelKind.CHARACTER) {
            Arrays.setAll(labels, i -> vocabulary.number((int) rows.labels[i]));
        }
        return new LabelledSamples(
                sampleKind == SampleKind.TEXT ? tokens(path, rows) : numbers(rows),
                labels,
                Arrays.copyOf(rows.owners, rows.count));
    }

    private Tensor tokens(Path path, Rows rows) throws IOException {
        Vocabulary.Samples samples = vocabulary.new Samples(path, rows.count, length);
        for (int i = 0; i < rows.count; i++) {
            int[] sample = new int[length]; // code 0 stands for the room before short texts, too
            for (int at = length - rows.texts.read(); at < length; at++) {
                sample[at] = rows.texts.read();
            }
            samples.add(sample, 0, length);
        }
        return samples.toTensor();
    }

    private Tensor numbers(Rows rows) {
        int side = (int) Math.sqrt(length);
        return side * side == length && side > 1
                ? rows.numbers.toTensor(rows.count, 1, side, side)
                : rows.numbers.toTensor(rows.count, 1, 1, length);
    }

    private static List<Path> files(Path folder) throws IOException {
        List<Path> files = Files.isDirectory(folder) ? list(folder) : List.of();
        if (files.isEmpty()) {
            throw new IOException("no JSON files: folder=" + folder + ", found="
                    + (Files.isDirectory(folder) ? FolderContent.near(folder, SUFFIX) : "no folder")
                    + ", expected=LEAF's files in the folders train and test");
        }
        return files;
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> content = Files.list(folder)) {
            return content.filter(each -> each.toString().endsWith(SUFFIX))
                    .sorted()
                    .toList();
        }
    }

    private Rows part(List<Path> files, boolean training) throws IOException {
        Rows rows = new Rows(training);
        for (Path file : files) {
            try (InputStream in = Files.newInputStream(file);
                    JsonParser json = new JsonFactory().createParser(in)) {
                users(new Place(file, json), rows);
            } catch (JsonProcessingException e) {
                throw new IOException(
                        "damaged JSON: file=" + file + ", line="
                                + e.getLocation().getLineNr() + ", found="
                                + Causes.describe(e.getCause() == null ? e : e.getCause()) + "; get it again",
                        e);
            }
        }
        if (rows.count == 0) {
            throw new IOException("no samples: files=" + files + ", expected=" + USERS + " with x and y of each user");
        }
        return rows;
    }

    /** Samples for training or for testing so far: those of the last user may lack labels. */
    private final class Rows {

        private final boolean training;
        private final TensorWriter numbers = TensorWriter.ofFloats();

        /** Of each text, how many characters it has, and their codes. */
        private final Tape texts = new Tape();

        private long[] labels = new long[1 << 6];
        private long[] owners = new long[1 << 6];
        private int count;

        Rows(boolean training) {
            this.training = training;
        }

        /** Adds a sample; only the end of longer texts than those for training is needed. */
        void add(String text) {
            int size = text.codePointCount(0, text.length());
            length = training ? Math.max(length, size) : length;
            int kept = Math.min(length, size);
            texts.add(kept);
            int point;
            for (int at = text.offsetByCodePoints(0, size - kept);
                    at < text.length();
                    at += Character.charCount(point)) {
                point = text.codePointAt(at);
                texts.add(code(point));
            }
        }

        int code(int point) {
            return training ? vocabulary.add(point) : vocabulary.code(point);
        }

        void label(Path file, long label, int owner) throws IOException {
            if (count == labels.length) {
                labels = Arrays.copyOf(labels, Capacity.next(file, "labels", count, Capacity.MOST));
                owners = Arrays.copyOf(owners, labels.length);
            }
            owners[count] = owner;
            labels[count++] = label;
        }
    }

    /** Where a file is read, for messages. */
    private record Place(Path file, JsonParser json) {

        /** Requires what the next value begins with: else the names in another place would be taken for those here. */
        void begin(JsonToken token, String at, String expected) throws IOException {
            if (json.nextToken() != token) {
                throw other(at, expected);
            }
        }

        IOException other(String at, String expected) throws IOException {
            return new IOException("not LEAF's JSON: file=" + file + ", line="
                    + json.currentTokenLocation().getLineNr() + ", at=" + Printable.line(at) + ", found="
                    + Printable.line(json.getText()) + ", expected=" + expected);
        }

        IOException refusal(String what, String user, long row, String expected) throws IOException {
            return new IOException(what + ": file=" + file + ", user=" + Printable.line(user) + ", row=" + row
                    + ", found=" + Printable.line(json.getText()) + ", expected=" + expected);
        }
    }

    private void users(Place place, Rows rows) throws IOException {
        JsonParser json = place.json;
        if (json.nextToken() != JsonToken.START_OBJECT) {
            throw new IOException("not LEAF's JSON: file=" + place.file + ", expected=an object with " + USERS);
        }
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            boolean users = json.currentName().equals(USERS);
            if (!users) {
                json.nextToken();
                json.skipChildren();
                continue;
            }
            place.begin(JsonToken.START_OBJECT, USERS, "an object with the users");
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                user(place, json.currentName(), rows);
            }
        }
        if (json.nextToken() != null) {
            throw place.other("the end", "one object in each file");
        }
    }

    private void user(Place place, String user, Rows rows) throws IOException {
        JsonParser json = place.json;
        int owner = owners.add(user);
        int begin = rows.count;
        long samples = 0;
        String at = USERS + "." + user;
        Set<String> keys = new HashSet<>();
        place.begin(JsonToken.START_OBJECT, at, "an object with x and y");
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String key = json.currentName();
            if (!keys.add(key)) {
                throw place.other(at, "x and y once, because parts of them need not belong together");
            }
            if (key.equals("x")) {
                place.begin(JsonToken.START_ARRAY, at + ".x", "an array of samples");
                while (json.nextToken() != JsonToken.END_ARRAY) {
                    sample(place, user, samples++, rows);
                }
            } else if (key.equals("y")) {
                place.begin(JsonToken.START_ARRAY, at + ".y", "an array of labels");
                while (json.nextToken() != JsonToken.END_ARRAY) {
                    rows.label(place.file, label(place, user, rows.count - begin, rows), owner);
                }
            } else {
                json.nextToken();
                json.skipChildren();
            }
        }
        if (samples != rows.count - begin) {
            throw new IOException("samples and labels differ in number: file=" + place.file + ", user="
                    + Printable.line(user) + ", x=" + samples + ", y=" + (rows.count - begin)
                    + ", expected=one label for each sample");
        }
        if (labelKind == LabelKind.CHARACTER && sampleKind == SampleKind.NUMBERS) {
            throw new IOException("labels of another kind: file=" + place.file + ", user=" + Printable.line(user)
                    + ", found=characters, expected=whole numbers for samples of numbers");
        }
    }

    private void sample(Place place, String user, long row, Rows rows) throws IOException {
        JsonParser json = place.json;
        boolean array = json.currentToken() == JsonToken.START_ARRAY;
        JsonToken first = array ? json.nextToken() : json.currentToken();
        boolean ofText = first == JsonToken.VALUE_STRING;
        SampleKind found = ofText ? SampleKind.TEXT : array ? SampleKind.NUMBERS : SampleKind.UNKNOWN;
        sampleKind = sampleKind == SampleKind.UNKNOWN ? found : sampleKind;
        if (found != sampleKind || found == SampleKind.UNKNOWN) {
            throw place.refusal("not a sample", user, row, sampleKind.expected);
        }
        if (ofText) {
            rows.add(array ? tweet(place, user, row) : text(place, user, row));
        } else {
            numbers(place, user, row, rows.numbers);
        }
    }

    /** Returns the text among the fields of a sample, of which the first was read. */
    private static String tweet(Place place, String user, long row) throws IOException {
        JsonParser json = place.json;
        String text = null;
        int field = 0;
        for (; json.currentToken() != JsonToken.END_ARRAY; json.nextToken()) {
            if (json.currentToken() != JsonToken.VALUE_STRING) {
                throw place.refusal("not a text", user, row, "a text as field " + field);
            }
            text = field++ == TEXT_FIELD ? text(place, user, row) : text;
        }
        if (text == null) {
            throw place.refusal("too few fields: fields=" + field, user, row, "the text as field " + TEXT_FIELD);
        }
        return text;
    }

    private static String text(Place place, String user, long row) throws IOException {
        String text = place.json.getText();
        if (text.codePoints().anyMatch(point -> Character.getType(point) == Character.SURROGATE)) {
            throw place.refusal("not a text", user, row, "whole characters");
        }
        return text;
    }

    /** Reads the numbers of a sample, the first of which was read. */
    private void numbers(Place place, String user, long row, TensorWriter numbers) throws IOException {
        JsonParser json = place.json;
        int found = 0;
        for (; json.currentToken() != JsonToken.END_ARRAY; json.nextToken()) {
            if (!json.currentToken().isNumeric() || !Float.isFinite(json.getFloatValue())) {
                throw place.refusal("not a number", user, row, "a finite number at element " + found);
            }
            numbers.add(json.getFloatValue());
            found++;
        }
        length = length == 0 ? found : length;
        if (found != length || found == 0) {
            throw place.refusal(
                    "sample of another length: length=" + found, user, row, length + " numbers, as the first has");
        }
    }

    /** Returns a class, or the code of a character. */
    private long label(Place place, String user, long row, Rows rows) throws IOException {
        JsonParser json = place.json;
        LabelKind found = json.currentToken() == JsonToken.VALUE_STRING ? LabelKind.CHARACTER : LabelKind.CLASS;
        labelKind = labelKind == LabelKind.UNKNOWN ? found : labelKind;
        if (found != labelKind) {
            throw place.refusal("label of another kind", user, row, labelKind.expected);
        }
        if (found == LabelKind.CHARACTER) {
            String label = text(place, user, row);
            if (label.codePointCount(0, label.length()) != 1) {
                throw place.refusal("not a label", user, row, "one character, or a whole number");
            }
            return rows.code(label.codePointAt(0));
        }
        boolean number = json.currentToken().isNumeric();
        double label = number ? json.getDoubleValue() : -1;
        if (label < 0 || label >= MOST_CLASSES || label != Math.rint(label)) {
            throw place.refusal("not a label", user, row, "a whole number from 0 to " + (MOST_CLASSES - 1));
        }
        return (long) label;
    }
}
