package org.blazefl4j.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What there is to go on from in a folder.
 *
 * @param found the latest undamaged file, open; null if the folder holds no checkpoint
 * @param skipped one line per later file that is damaged
 */
record Search(CheckpointFile found, List<String> skipped) {

    /**
     * Tries one file after the other, the latest round's first.
     *
     * @throws CheckpointException if there are files but all are damaged, or the first undamaged one is of another
     *     version
     */
    static Search in(CheckpointFolder folder) throws IOException {
        List<String> skipped = new ArrayList<>();
        for (Path file : folder.newestFirst()) {
            try {
                return new Search(CheckpointFile.open(file), List.copyOf(skipped));
            } catch (DamagedCheckpointException e) {
                skipped.add(file + ": " + e.getMessage());
            }
        }
        if (!skipped.isEmpty()) {
            throw new CheckpointException("no checkpoint can be used: " + String.join("; ", skipped)
                    + "; restore one of the files from a copy, or start again with an empty folder");
        }
        return new Search(null, List.of());
    }
}
