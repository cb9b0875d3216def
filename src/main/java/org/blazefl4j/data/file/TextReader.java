package org.blazefl4j.data.file;

import java.io.EOFException;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CodingErrorAction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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

    private TextReader(Path path, int length, int step) {
        this.path = path;
        this.length = length;
        this.step = step;
    }

    static FileData read(Path path, int length, int step, double testShare) throws IOException {
        return new TextReader(path, length, step).read(testShare);
    }

    private FileData read(double testShare) throws IOException {
        boolean divided = Files.isDirectory(path.resolve("train"));
        List<Span> texts = texts(divided ? path.resolve("train") : path);
        texts.forEach(text -> Arrays.stream(text.points).forEach(vocabulary::add));
        Path test = path.resolve("test");
        boolean hasTest = divided && Files.isDirectory(test);
        List<Span> training = new ArrayList<>();
        List<Span> testing = new ArrayList<>(hasTest ? texts(test) : List.of());
        for (Span text : texts) {
            int cut = text.to - (hasTest ? 0 : (int) (text.to * testShare));
            training.add(new Span(text.file, text.points, 0, cut));
            testing.add(new Span(text.file, text.points, cut, text.to));
        }
        try (PointerScope scope = new PointerScope()) {
            List<String> names = vocabulary.names();
            boolean owned = Files.isDirectory(path);
            for (Span each : training) {
                each.requireOne();
            }
            if (testing.stream().mapToLong(Span::count).sum() == 0) {
                throw new IOException("too little text for testing: file=" + path + ", held out="
                        + testing.stream()
                                .mapToInt(each -> each.to - each.from)
                                .max()
                                .orElse(0)
                        + " characters at most, limit=" + (length + 1)
                        + " or more; hold a larger share out, or take shorter samples");
            }
            FileData data = LabelledSamples.join(path, names, samples(training, owned), samples(testing, owned));
            return data.named(owners).withText(names, names);
        }
    }

    /** Returns the texts of a file, or of all files in a folder. */
    private List<Span> texts(Path from) throws IOException {
        List<Span> texts = new ArrayList<>();
        for (Path file : Files.isDirectory(from) ? list(from) : List.of(from)) {
            int[] points = text(file).codePoints().toArray();
            texts.add(new Span(file, points, 0, points.length));
        }
        return texts;
    }

    private static List<Path> list(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> content = Files.list(folder)) {
            files = content.filter(TextReader::isText).sorted().toList();
        }
        if (files.isEmpty()) {
            throw new IOException("no texts: folder=" + folder + ", found=" + FolderContent.near(folder, SUFFIX)
                    + ", expected=files named .txt, plain or .gz; name the folder that holds them");
        }
        return files;
    }

    /** Leaves hidden files out, which editors and operating systems put there. */
    private static boolean isText(Path file) {
        String name = file.getFileName().toString();
        return !name.startsWith(".") && (name.endsWith(SUFFIX) || name.endsWith(SUFFIX + ".gz"));
    }

    private static String text(Path file) throws IOException {
        StringBuilder text = new StringBuilder();
        try (Reader in = Utf8.open(file, CodingErrorAction.REPLACE, BUFFER)) {
            char[] buffer = new char[BUFFER];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                if (count > Capacity.MOST - text.length()) {
                    throw new IOException("too many characters: file=" + file + ", limit=" + Capacity.MOST
                            + "; divide it among several files of a folder");
                }
                text.append(buffer, 0, count);
            }
        } catch (EOFException | ZipException e) {
            throw new IOException("damaged text: file=" + file + ", found=" + Causes.describe(e) + "; get it again", e);
        }
        int wrong = text.indexOf(String.valueOf(REPLACEMENT));
        if (wrong >= 0) {
            long line =
                    1 + text.chars().limit(wrong).filter(each -> each == '\n').count();
            throw new IOException("not text in UTF-8: file=" + file + ", line=" + line + ", character="
                    + (wrong - text.lastIndexOf("\n", wrong)) + ", expected=UTF-8 without U+FFFD; convert it (iconv)");
        }
        return text.toString();
    }

    /** A part of a file's characters, which is cut into samples. */
    private final class Span {

        private final Path file;
        private final int[] points;
        private final int from;
        private final int to;

        Span(Path file, int[] points, int from, int to) {
            this.file = file;
            this.points = points;
            this.from = from;
            this.to = to;
        }

        /** Returns the number of samples; the character after each is its label. */
        int count() {
            int last = to - from - length - 1;
            return last < 0 ? 0 : last / step + 1;
        }

        void requireOne() throws IOException {
            if (count() == 0) {
                throw new IOException("text too short: file=" + file + ", characters=" + (to - from)
                        + " for training, limit=" + (length + 1)
                        + " or more, a sample and its label; take the file out, or take shorter samples");
            }
        }
    }

    private LabelledSamples samples(List<Span> spans, boolean owned) throws IOException {
        long count = spans.stream().mapToLong(Span::count).sum();
        Vocabulary.Samples samples = vocabulary.new Samples(path, count, length);
        long[] labels = new long[(int) count];
        long[] owner = new long[owned ? labels.length : 0];
        int next = 0;
        for (Span span : spans) {
            int code = owned ? owners.add(span.file.getFileName().toString().replaceFirst("\\.txt(\\.gz)?$", "")) : 0;
            for (int i = 0; i < span.count(); i++) {
                int end = span.from + i * step + length;
                samples.add(span.points, end - length, end);
                labels[next] = vocabulary.number(span.points[end]);
                if (owned) {
                    owner[next] = code;
                }
                next++;
            }
        }
        return new LabelledSamples(samples.toTensor(), labels, owner);
    }
}
