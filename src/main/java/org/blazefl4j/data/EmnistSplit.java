package org.blazefl4j.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/** The sets of {@link ImageData#emnist}. */
enum EmnistSplit {
    BALANCED(47, 0),
    BYCLASS(62, 0),
    BYMERGE(47, 0),
    DIGITS(10, 0),
    LETTERS(26, 1),
    MNIST(10, 0);

    private static final String SET = "emnist";

    private final int classes;
    private final int first;

    EmnistSplit(int classes, int first) {
        this.classes = classes;
        this.first = first;
    }

    static EmnistSplit of(String name) {
        return Arrays.stream(values())
                .filter(each -> each.toString().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "unknown set: split=" + name + ", expected=one of " + Arrays.toString(values())));
    }

    ImageData read(Path path) throws IOException {
        String set = SET + "-" + this;
        DataFolder folder = new DataFolder(path).of(SET, IdxReader.imagesOf(set + "-train"));
        ImageData data = ImageData.of(
                set,
                classes,
                () -> IdxReader.readPart(folder::get, set + "-train", first, classes)
                        .turned(),
                () -> IdxReader.readPart(folder::get, set + "-test", first, classes)
                        .turned(),
                null);
        IdxSet.requireSize(data, path);
        return data.withNormalisation(Transform.normalizeBytes(data.trainImages()));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
