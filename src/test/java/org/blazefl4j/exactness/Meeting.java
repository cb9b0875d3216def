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
 * A client's data that no worker reads before all workers have come to train a client: none can be so quick that
 * another one never gets any.
 *
 * @param data what is read
 * @param folder where each worker leaves a file of its own
 * @param workers how many must come
 * @param maker the thread that looks at the data before there are workers
 */
record Meeting(Dataset data, Path folder, int workers, String maker) implements Dataset {

    private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(5);

    Meeting(Dataset data, Path folder, int workers) {
        this(data, folder, workers, thisThread());
    }

    @Override
    public long size() {
        return data.size();
    }

    @Override
    public Batch select(Tensor indices, Generator generator) {
        if (!thisThread().equals(maker)) {
            arrive();
            awaitAll();
        }
        return data.select(indices, generator);
    }

    /** Tells threads of all processes apart. */
    static String thisThread() {
        return ProcessHandle.current().pid() + "-" + Thread.currentThread().getId();
    }

    private void arrive() {
        Path mine = folder.resolve(thisThread());
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
