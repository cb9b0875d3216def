package org.blazefl4j.data.file;

import java.io.IOException;
import java.nio.file.Path;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.Transform;

/** Reads the files of {@link SmallHeapTest}, and prints the shapes of the samples. */
final class SmallHeapProgram {

    private SmallHeapProgram() {}

    public static void main(String[] folders) throws IOException {
        Path folder = Path.of(folders[0]);
        print(DataFiles.text(folder.resolve("text.txt"), 4096, 4096, 0.1));
        print(DataFiles.leaf(folder.resolve("texts.json"), 0.1, 0));
        print(DataFiles.leaf(folder.resolve("numbers.json"), 0.1, 0));
        print(DataFiles.csv(folder.resolve("table.csv"), CsvOptions.of("y")));
        print(DataFiles.arrays(folder.resolve("arrays"), 0.1, 0));
        print(DataFiles.images(folder.resolve("images"), 0.1, 0));
        print(FileData.of(ImageData.idx(folder.resolve("idx"), "idx", 10, Transform.toFloat(255))));
    }

    private static void print(FileData data) {
        try (data) {
            long bytes = data.samples().trainImages().nbytes()
                    + data.samples().testImages().nbytes();
            System.out.println(bytes >> 20);
        }
    }
}
