package org.blazefl4j.cli.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.FolderContent;
import org.blazefl4j.util.Printable;

/** What a file or folder of data is, as its name and those of its files say. */
enum FileFormat {
    TABLE("table in CSV"),
    ARRAYS("arrays of NumPy"),
    LEAF("JSON of LEAF"),
    TEXT("text"),
    IMAGES("folder of images");

    /** All that can be read, for messages. */
    static final String KNOWN =
            "a table in CSV, arrays of NumPy (.npz, or a folder of .npy), JSON of LEAF, text (.txt, or a folder of such),"
                    + " or a folder of images";

    private static final String JSON = ".json";
    private static final String TRAIN = "train";

    private static final String IDX = "(images|labels)[-.]idx[13][-.]ubyte(\\.gz)?";

    /** Names of files and folders of the data sets that have one, as they are downloaded, and what reads them. */
    private static final Map<String, String> BY_NAME = Map.of(
            "emnist-([a-z]+)-(train|test)-" + IDX,
            "--dataset emnist-$1",
            "(train|t10k)-" + IDX,
            "--dataset mnist or fashion-mnist",
            "data_batch_1\\.bin|cifar-10-(batches-(bin|py)|binary\\.tar(\\.gz)?)",
            "--dataset cifar10",
            "fine_label_names\\.txt|cifar-100-binary(\\.tar(\\.gz)?)?",
            "--dataset cifar100");

    private final String label;

    FileFormat(String label) {
        this.label = label;
    }

    /**
     * Recognises a file that can be read.
     *
     * @throws UsageException if it is none of {@link #KNOWN}; the message says which data set's files it has, if any
     */
    static FileFormat of(Path path) {
        try {
            requireNoNamed(path);
            if (!Files.isDirectory(path)) {
                return ofFile(path);
            }
            if (has(path.resolve(TRAIN), named(JSON))) {
                return LEAF;
            }
            if (has(path, named(".npy"))) {
                return ARRAYS;
            }
            if (isText(path)) {
                return TEXT;
            }
            if (has(path, Files::isDirectory)) {
                return IMAGES;
            }
            if (has(path, named(JSON))) {
                return LEAF; // whose reader says where the files belong
            }
            throw new UsageException("no data that is known: --data-file=" + path + ", found="
                    + FolderContent.near(path, TRAIN) + ", expected=" + KNOWN + "; name one of them");
        } catch (IOException | UncheckedIOException e) {
            throw new UsageException("folder cannot be read: --data-file=" + path + ", found=" + Causes.describe(e)
                    + ", expected=one whose files can be listed; make it readable, or choose another");
        }
    }

    /** Recognises a file, which need not be there, by its name. */
    static FileFormat ofFile(Path file) {
        if (named(JSON).test(file)) {
            return LEAF;
        }
        if (named(".txt").or(named(".txt.gz")).test(file)) {
            return TEXT;
        }
        return named(".npz").test(file) ? ARRAYS : TABLE;
    }

    /** Returns whether a folder, or the one for training in it, has texts and no folders, as one of images has. */
    private static boolean isText(Path folder) throws IOException {
        Path train = folder.resolve(TRAIN);
        Path texts = Files.isDirectory(train) ? train : folder;
        return !has(texts, Files::isDirectory) && has(texts, named(".txt").or(named(".txt.gz")));
    }

    private static Predicate<Path> named(String suffix) {
        return file -> lowerName(file).endsWith(suffix);
    }

    private static String lowerName(Path file) {
        return String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    }

    private static void requireNoNamed(Path path) throws IOException {
        List<Path> files = new ArrayList<>(List.of(path));
        if (Files.isDirectory(path)) {
            files.addAll(list(path));
        }
        for (Path file : files) {
            BY_NAME.forEach((name, option) -> {
                String found = lowerName(file);
                if (found.matches(name)) {
                    throw new UsageException("a data set by name: --data-file=" + path + ", found="
                            + Printable.line(file.getFileName()) + ", expected=" + KNOWN + "; use "
                            + found.replaceFirst(name, option)
                            + " with --data-dir and the folder instead");
                }
            });
        }
    }

    private static boolean has(Path folder, Predicate<Path> which) throws IOException {
        return Files.isDirectory(folder) && list(folder).stream().anyMatch(which);
    }

    /** Leaves hidden files out, which editors and operating systems put there. */
    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> content = Files.list(folder)) {
            return content.filter(each -> !lowerName(each).startsWith("."))
                    .sorted()
                    .toList();
        }
    }

    @Override
    public String toString() {
        return label;
    }
}
