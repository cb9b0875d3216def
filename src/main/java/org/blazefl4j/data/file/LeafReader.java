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
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.FolderContent;
import org.blazefl4j.util.Printable;
import org.bytedeco.javacpp.PointerScope;

/** {@link DataFiles#leaf}. */
final class LeafReader {

    private static final String SUFFIX = ".json";
    private static final String USERS = "user_data";
    private static final int MOST_CLASSES = 1_000_000;

    private final Names owners = new Names();
    private int features;

    private LeafReader() {}

    static FileData read(Path path, double testShare, long seed) throws IOException {
        LeafReader reader = new LeafReader();
        try (PointerScope scope = new PointerScope()) {
            if (!Files.isDirectory(path)) {
                return reader.named(
                        LabelledSamples.split(path, List.of(), reader.part(List.of(path)), testShare, seed));
            }
            LabelledSamples train = reader.part(files(path.resolve("train")));
            Path test = path.resolve("test");
            return reader.named(
                    Files.isDirectory(test)
                            ? LabelledSamples.join(path, List.of(), train, reader.part(files(test)))
                            : LabelledSamples.split(path, List.of(), train, testShare, seed));
        }
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

    /** Gives owners, which are numbered as they came, their names and their order. */
    private FileData named(FileData numbered) {
        List<String> names = numbered.owners().stream()
                .map(code -> owners.name(Integer.parseInt(code)))
                .toList();
        Names present = new Names();
        names.forEach(present::add);
        int[] ranks = present.ranks();
        return new FileData(
                numbered.samples(),
                ranked(numbered.trainOwners(), ranks),
                ranked(numbered.testOwners(), ranks),
                present.sorted(),
                numbered.classNames());
    }

    private static long[] ranked(long[] positions, int[] ranks) {
        return Arrays.stream(positions)
                .map(position -> position < 0 ? position : ranks[(int) position])
                .toArray();
    }

    private LabelledSamples part(List<Path> files) throws IOException {
        Rows rows = new Rows();
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
        int side = (int) Math.sqrt(features);
        long[] shape = side * side == features && side > 1
                ? new long[] {rows.count, 1, side, side}
                : new long[] {rows.count, 1, 1, features};
        return new LabelledSamples(
                Tensors.of(Arrays.copyOf(rows.values, rows.count * features), shape),
                Arrays.copyOf(rows.labels, rows.count),
                Arrays.copyOf(rows.owners, rows.count));
    }

    /** Samples so far: those of the last user may lack labels. */
    private static final class Rows {
        private float[] values = new float[1 << 12];
        private long[] labels = new long[1 << 6];
        private long[] owners = new long[1 << 6];
        private int size;
        private int count;

        void add(Path file, float value) throws IOException {
            if (size == values.length) {
                values = Arrays.copyOf(values, Capacity.next(file, "numbers", size, Capacity.MOST));
            }
            values[size++] = value;
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
                    rows.label(place.file, label(place, user, rows.count - begin), owner);
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
    }

    private void sample(Place place, String user, long row, Rows rows) throws IOException {
        JsonParser json = place.json;
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw place.refusal("not a sample", user, row, "an array of numbers; texts are not supported");
        }
        int begin = rows.size;
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (!json.currentToken().isNumeric() || !Float.isFinite(json.getFloatValue())) {
                throw place.refusal("not a number", user, row, "a finite number at element " + (rows.size - begin));
            }
            rows.add(place.file, json.getFloatValue());
        }
        int found = rows.size - begin;
        features = features == 0 ? found : features;
        if (found != features || found == 0) {
            throw place.refusal(
                    "sample of another length: length=" + found, user, row, features + " numbers, as the first has");
        }
    }

    private static long label(Place place, String user, long row) throws IOException {
        JsonParser json = place.json;
        boolean number = json.currentToken().isNumeric();
        double label = number ? json.getDoubleValue() : -1;
        if (label < 0 || label >= MOST_CLASSES || label != Math.rint(label)) {
            throw place.refusal("not a label", user, row, "a whole number from 0 to " + (MOST_CLASSES - 1));
        }
        return (long) label;
    }
}
