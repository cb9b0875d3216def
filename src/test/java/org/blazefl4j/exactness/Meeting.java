package org.blazefl4j.exactness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.Dataset;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;

/**
 * A client's data that nobody reads before all workers have come to train a client: no worker can be so quick that
 * another one never gets any.
 *
 * @param data what is read
 * @param folder where each worker leaves a file of its own
 * @param workers how many must come
 */
record Meeting(Dataset data, Path folder, int workers) implements Dataset {

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    @Override
    public long size() {
        return data.size();
    }

    @Override
    public Batch select(Tensor indices, Generator generator) {
        arrive();
        awaitAll();
        return data.select(indices, generator);
    }

    private void arrive() {
        Thread worker = Thread.currentThread();
        Path mine = folder.resolve(ProcessHandle.current().pid() + "-" + worker.getId());
        try {
            if (Files.notExists(mine)) {
                Files.createFile(mine);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void awaitAll() {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (folder.toFile().list().length < workers) {
            if (System.nanoTime() > end) {
                throw new AssertionError("not all workers came to train a client: limit=" + workers);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }
}
