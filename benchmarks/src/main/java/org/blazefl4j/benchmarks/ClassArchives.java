package org.blazefl4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.blazefl4j.lab.EmptyClients;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.trainer.ProcessPoolClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;

/**
 * Makes the archive of workers' classes ahead of a measurement. A pool that finds none makes one in the background,
 * which would take processor time from what is measured.
 */
final class ClassArchives {

    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final long POLL_MILLIS = 100;

    private ClassArchives() {}

    /**
     * Opens a pool and waits until its archive is made.
     *
     * @param cacheFolder the folder for it, which has no archive yet
     */
    static void make(Path cacheFolder) throws IOException, InterruptedException {
        long end = System.nanoTime() + LIMIT.toNanos();
        try (ProcessPoolClientTrainer<?, ?, ?> pool = pool(1, cacheFolder, true)) {
            pool.awaitReady();
            while (!isThere(cacheFolder.resolve("archives"))) {
                if (System.nanoTime() > end) {
                    throw new IOException("no archive of classes made: folder=" + cacheFolder + ", limit=" + LIMIT);
                }
                Thread.sleep(POLL_MILLIS);
            }
        }
    }

    /**
     * Opens a pool of workers for empty clients.
     *
     * @param archive whether workers start from the archive that is in the folder
     */
    static ProcessPoolClientTrainer<?, ?, ?> pool(int workers, Path cacheFolder, boolean archive) {
        return new ProcessPoolClientTrainer<>(
                new EmptyClients(62_006),
                TrainerOptions.builder().numParallels(workers).build(),
                ProcessOptions.builder()
                        .classDataArchive(archive)
                        .cacheFolder(cacheFolder)
                        .build());
    }

    private static boolean isThere(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return false;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .anyMatch(name -> name.contains("-") && !name.contains(".part"));
        }
    }
}
