package org.blazefl4j.data.file;

import java.io.EOFException;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CodingErrorAction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import java.util.zip.ZipException;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.FolderContent;
import org.bytedeco.javacpp.PointerScope;

/** {@link DataFiles#text}. */
final class TextReader {

    private static final String SUFFIX = ".txt";
    private static final int BUFFER = 1 << 16;

    /** What a decoder puts in place of bytes that are no text. */
    private static final char REPLACEMENT = '\uFFFD';

    private final Path path;
    private final int length;
    private final int step;
    private final Vocabulary vocabulary = new Vocabulary();
    private final Names owners = new Names();

    /** The codes of all files' characters. */
    private final Tape tape = new Tape();

    private TextReader(Path path, int length, int step) {
        this.path = path;
        this.length = length;
        this.step = step;
    }

    static FileData read(Path path, int length, int step, double testShare) throws IOException {
        try (PointerScope scope = new PointerScope()) {
            return new TextReader(path, length, step).read(testShare);
        }
    }

    /** A file, with as many characters for training and as many after them for testing. */
    private record Text(Path file, int train, int test) {}

    private FileData read(double testShare) throws IOException {
        boolean divided = Files.isDirectory(path.resolve("train"));
        Path test = path.resolve("test");
        boolean hasTest = divided && Files.isDirectory(test);
        List<Text> texts = new ArrayList<>();
        for (Path file : files(divided ? path.resolve("train") : path)) {
            int size = read(file, vocabulary::add);
            int heldOut = hasTest ? 0 : (int) (size * testShare);
            requireOneSample(file, size - heldOut);
            texts.add(new Text(file, size - heldOut, heldOut));
        }
        for (Path file : hasTest ? files(test) : List.<Path>of()) {
            texts.add(new Text(file, 0, read(file, vocabulary::code)));
        }
        if (samples(texts, Text::test) == 0) {
            throw new IOException("too little text for testing: file=" + path + ", held out="
                    + texts.stream().mapToInt(Text::test).max().orElse(0)
                    + " characters at most, limit=" + (length + 1)
                    + " or more; hold a larger share out, or take shorter samples");
        }
        return data(texts);
    }

    private void requireOneSample(Path file, int characters) throws IOException {
        if (samples(characters) == 0) {
            throw new IOException("text too short: file=" + file + ", characters=" + characters
                    + " for training, limit=" + (length + 1)
                    + " or more, a sample and its label; take the file out, or take shorter samples");
        }
    }

    /** Returns the number of samples among some characters; the one after each is its label. */
    private int samples(int characters) {
        int last = characters - length - 1;
        return last < 0 ? 0 : last / step + 1;
    }

    private long samples(List<Text> texts, ToIntFunction<Text> characters) {
        return texts.stream()
                .mapToLong(each -> samples(characters.applyAsInt(each)))
                .sum();
    }

    private FileData data(List<Text> texts) throws IOException {
        Part train = new Part(samples(texts, Text::train));
        Part test = new Part(samples(texts, Text::test));
        for (Text text : texts) {
            int owner = owners.add(text.file.getFileName().toString().replaceFirst("\\.txt(\\.gz)?$", ""));
            train.cut(text.train, owner);
            test.cut(text.test, owner);
        }
        List<String> names = vocabulary.names();
        FileData data = LabelledSamples.join(path, names, train.samples(), test.samples());
        return data.named(owners).withText(names, names);
    }

    /** The samples of training or of testing. */
    private final class Part {

        private final Vocabulary.Samples samples;
        private final long[] labels;
        private final long[] owner;
        private int count;

        Part(long size) throws IOException {
            samples = vocabulary.new Samples(path, size, length);
            labels = new long[(int) size];
            owner = new long[Files.isDirectory(path) ? labels.length : 0];
        }

        /** Adds the samples of the next characters. */
        void cut(int characters, int by) {
            int[] last = new int[length]; // a ring
            for (int i = 0; i < characters; i++) {
                int code = tape.read();
                int oldest = i % length;
                if (i >= length && (i - length) % step == 0) {
                    samples.add(last, oldest, length);
                    samples.add(last, 0, oldest);
                    if (owner.length > 0) {
                        owner[count] = by;
                    }
                    labels[count++] = vocabulary.number(code);
                }
                last[oldest] = code;
            }
        }

        LabelledSamples samples() {
            return new LabelledSamples(samples.toTensor(), labels, owner);
        }
    }

    private static List<Path> files(Path from) throws IOException {
        if (!Files.isDirectory(from)) {
            return List.of(from);
        }
        List<Path> files;
        try (Stream<Path> content = Files.list(from)) {
            files = content.filter(TextReader::isText).sorted().toList();
        }
        if (files.isEmpty()) {
            throw new IOException("no texts: folder=" + from + ", found=" + FolderContent.near(from, SUFFIX)
                    + ", expected=files named .txt, plain or .gz; name the folder that holds them");
        }
        return files;
    }

    /** Leaves hidden files out, which editors and operating systems put there. */
    private static boolean isText(Path file) {
        String name = file.getFileName().toString();
        return !name.startsWith(".") && (name.endsWith(SUFFIX) || name.endsWith(SUFFIX + ".gz"));
    }

    /** Reads the characters of a file and returns how many there are. */
    private int read(Path file, IntUnaryOperator code) throws IOException {
        Characters characters = new Characters(file, code);
        try (Reader in = Utf8.open(file, CodingErrorAction.REPLACE)) {
            char[] buffer = new char[BUFFER];
            for (int size = in.read(buffer); size >= 0; size = in.read(buffer)) {
                if (size > Capacity.MOST - characters.count) {
                    throw new IOException("too many characters: file=" + file + ", limit=" + Capacity.MOST
                            + "; divide it among several files of a folder");
                }
                for (int i = 0; i < size; i++) {
                    characters.add(buffer[i]);
                }
            }
        } catch (EOFException | ZipException e) {
            throw new IOException("damaged text: file=" + file + ", found=" + Causes.describe(e) + "; get it again", e);
        }
        return characters.count;
    }

    /** The characters of a file so far. */
    private final class Characters {

        private final Path file;
        private final IntUnaryOperator code;
        private int count;
        private long line = 1;
        private long column;
        private char high;

        Characters(Path file, IntUnaryOperator code) {
            this.file = file;
            this.code = code;
        }

        /** Adds a character, or half of one. */
        void add(char unit) throws IOException {
            column++;
            if (unit == REPLACEMENT) {
                throw new IOException("not text in UTF-8: file=" + file + ", line=" + line + ", character=" + column
                        + ", expected=UTF-8 without U+FFFD; convert it (iconv)");
            }
            if (unit == '\n') {
                line++;
                column = 0;
            }
            if (Character.isHighSurrogate(unit)) {
                high = unit;
                return;
            }
            tape.add(code.applyAsInt(Character.isLowSurrogate(unit) ? Character.toCodePoint(high, unit) : unit));
            count++;
        }
    }
}
