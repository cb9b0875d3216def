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
 * A client's data. A worker's first read waits until every worker trains a client, so no worker is so quick that
 * another gets none.
 *
 * @param data what is read
 * @param folder holds one file per worker that has come
 * @param workers how many must come
 * @param maker the thread that reads data before there are workers
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

    /** Returns a name that is unique among the threads of all processes. */
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
                throw new AssertionError("not all workers train a client: found="
                        + folder.toFile().list().length + ", expected=" + workers);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }
}
