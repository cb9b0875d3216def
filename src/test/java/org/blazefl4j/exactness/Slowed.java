package org.blazefl4j.exactness;

import static java.util.function.Function.identity;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.Dataset;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;

/**
 * A client's data. Each read waits for a random time, so clients end in another order than they were dealt in.
 *
 * @param data what is read
 * @param cid the client
 * @param last whether it waits until another client has read all its batches
 * @param seed of the times, together with the client and the number of earlier reads
 * @param reads the file to which each read appends its client
 * @param maker the thread that reads data before there are workers
 */
record Slowed(Dataset data, int cid, boolean last, long seed, Path reads, String maker) implements Dataset {

    private static final int MOST_MILLIS = 40;

    Slowed(Dataset data, int cid, boolean last, long seed, Path reads) {
        this(data, cid, last, seed, reads, Meeting.thisThread());
    }

    @Override
    public long size() {
        return data.size();
    }

    @Override
    public Batch select(Tensor indices, Generator generator) {
        if (!Meeting.thisThread().equals(maker)) {
            waitAndTell();
        }
        return data.select(indices, generator);
    }

    private void waitAndTell() {
        try {
            do {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis()));
            } while (last && !anotherIsDone());
            Files.write(reads, List.of(Integer.toString(cid)), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private boolean anotherIsDone() throws IOException {
        return Files.exists(reads)
                && Files.readAllLines(reads).stream()
                        .map(Integer::valueOf)
                        .filter(other -> other != cid)
                        .collect(groupingBy(identity(), counting()))
                        .entrySet()
                        .stream()
                        .anyMatch(count -> count.getValue() >= Images.batches(count.getKey()));
    }

    private int millis() throws IOException {
        long before = Files.exists(reads) ? Files.size(reads) : 0;
        return new SplittableRandom(seed + 1009L * cid + before).nextInt(MOST_MILLIS);
    }

    /** Returns the clients of a round in the order of their last reads. */
    static List<Integer> orderOfEnds(List<Integer> reads) {
        return reads.stream()
                .distinct()
                .sorted((a, b) -> Integer.compare(reads.lastIndexOf(a), reads.lastIndexOf(b)))
                .toList();
    }
}
