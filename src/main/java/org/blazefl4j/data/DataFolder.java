package org.blazefl4j.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.blazefl4j.util.FolderContent;

/**
 * Finds the files of a data set where downloads leave them, and says what is there where it does not. Letter case, a
 * dot in place of a dash and {@code .gz} at the end of a name make no difference.
 */
record DataFolder(Path path) {

    /**
     * The first of these folders that holds the file: this one, one below it that has the data set's name, and in each
     * the folder {@code raw}, as torchvision makes them. This one if none does.
     *
     * @throws IOException if this is no folder or cannot be read
     */
    DataFolder of(String set, String file) throws IOException {
        if (!Files.isDirectory(path)) {
            throw new IOException("no such folder: folder=" + path + ", found=" + FolderContent.nearMissing(path)
                    + ", expected=one with the files of " + set
                    + "; name the folder that they are in");
        }
        List<Path> named = subfolders().stream()
                .filter(folder -> letters(name(folder)).equals(letters(set)))
                .toList();
        return Stream.concat(Stream.of(path), named.stream())
                .flatMap(folder -> Stream.of(new DataFolder(folder), new DataFolder(folder.resolve("raw"))))
                .filter(folder -> folder.has(file))
                .findFirst()
                .orElse(this);
    }

    /**
     * Reads a file.
     *
     * @throws IOException if it is not here; with what is, and where it lies if that is a folder above or below
     */
    NamedBytes read(String file) throws IOException {
        Optional<Path> found = find(file);
        if (found.isEmpty()) {
            throw missing(file);
        }
        return NamedBytes.read(found.get());
    }

    boolean has(String file) {
        try {
            return Files.isDirectory(path) && find(file).isPresent();
        } catch (IOException e) {
            return false; // one that may not be read is none of those to choose from
        }
    }

    /** The file of that name as it is, then packed, then as it is written otherwise. */
    Optional<Path> find(String file) throws IOException {
        return list(Files::isRegularFile).stream()
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
        String remedy = neighbours()
                .filter(folder -> folder.has(file))
                .findFirst()
                .map(folder -> "name " + folder.path + ", which holds it")
                .orElse("name the folder that holds it");
        return new IOException("no such data file: folder=" + path + ", found=" + content(file) + ", expected=" + file
                + ", plain or .gz; " + remedy);
    }

    /** The folders one up and one down. */
    private Stream<DataFolder> neighbours() throws IOException {
        return Stream.concat(Stream.ofNullable(path.toAbsolutePath().getParent()), subfolders().stream())
                .map(DataFolder::new);
    }

    /** Some names of what is here, those that have most in common with a file's first. */
    String content(String file) throws IOException {
        return FolderContent.near(path, file);
    }

    private List<Path> subfolders() throws IOException {
        return list(Files::isDirectory);
    }

    private List<Path> list(Predicate<Path> which) throws IOException {
        try (Stream<Path> content = Files.list(path)) {
            return content.filter(which).sorted().toList();
        }
    }

    private static String name(Path file) {
        return file.getFileName().toString();
    }
}
