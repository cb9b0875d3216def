package org.blazefl4j.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.blazefl4j.util.FolderContent;

/**
 * Finds the files of a data set in the places where downloads put them, and reports what is there instead of a missing
 * file. Ignores letter case, a dot in place of a dash and a {@code .gz} suffix.
 */
record DataFolder(Path path) {

    /**
     * Returns the first folder that contains the file: this one, a subfolder named after the data set, or the folder
     * {@code raw} in either of them, as torchvision creates it, or {@code gzip}, as the archive of EMNIST does. Returns
     * this folder if none does.
     *
     * @throws IOException if this is not a readable folder
     */
    DataFolder of(String set, String file) throws IOException {
        if (!Files.isDirectory(path)) {
            throw new IOException("no such folder: folder=" + path + ", found=" + FolderContent.nearMissing(path)
                    + ", expected=one with the files of " + set
                    + "; name the folder that they are in");
        }
        Stream<Path> named = subfolders().filter(folder -> letters(name(folder)).equals(letters(set)));
        return Stream.concat(Stream.of(path), named)
                .flatMap(folder -> Stream.of(folder, folder.resolve("raw"), folder.resolve("gzip")))
                .map(DataFolder::new)
                .filter(folder -> folder.has(file))
                .findFirst()
                .orElse(this);
    }

    /**
     * Finds a file.
     *
     * @throws IOException if it is missing, with similar names and with the parent or child folder that contains it
     */
    NamedContent get(String file) throws IOException {
        Optional<Path> found = find(file);
        if (found.isEmpty()) {
            throw missing(file);
        }
        return NamedContent.of(found.get());
    }

    boolean has(String file) {
        try {
            return Files.isDirectory(path) && find(file).isPresent();
        } catch (IOException e) {
            return false; // an unreadable folder is not a candidate
        }
    }

    /** Finds a file, preferring the exact name, then {@code .gz}, then other spellings. */
    Optional<Path> find(String file) throws IOException {
        return list(Files::isRegularFile)
                .filter(candidate -> plain(name(candidate)).equals(plain(file)))
                .min(Comparator.comparing((Path candidate) -> !name(candidate).equals(file))
                        .thenComparing(candidate -> !name(candidate).equals(file + ".gz"))
                        .thenComparing(DataFolder::name));
    }

    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replaceFirst("\\.gz$", "").replace('.', '-');
    }

    private static String letters(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    }

    private IOException missing(String file) throws IOException {
        String remedy = Stream.concat(Stream.ofNullable(path.toAbsolutePath().getParent()), subfolders())
                .map(DataFolder::new)
                .filter(folder -> folder.has(file))
                .findFirst()
                .map(folder -> "name " + folder.path + ", which holds it")
                .orElse("name the folder that holds it");
        return new IOException("no such data file: folder=" + path + ", found=" + FolderContent.near(path, file)
                + ", expected=" + file + ", plain or .gz; " + remedy);
    }

    private Stream<Path> subfolders() throws IOException {
        return list(Files::isDirectory);
    }

    private Stream<Path> list(Predicate<Path> filter) throws IOException {
        try (Stream<Path> content = Files.list(path)) {
            return content.filter(filter).sorted().toList().stream();
        }
    }

    private static String name(Path file) {
        return file.getFileName().toString();
    }
}
