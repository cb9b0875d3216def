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
 * A client's data that can be read only after a while, another one at each read, so that clients are done in another
 * order than they were dealt.
 *
 * @param data what is read
 * @param cid the client
 * @param last whether it waits until another client has read all of its own
 * @param seed of the times, together with the client and what was read before by all
 * @param reads where each read leaves a line with its client
 * @param maker the thread that looks at the data before there are workers
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

    /** The clients of a round in the order in which each read last. */
    static List<Integer> orderOfEnds(List<Integer> reads) {
        return reads.stream()
                .distinct()
                .sorted((a, b) -> Integer.compare(reads.lastIndexOf(a), reads.lastIndexOf(b)))
                .toList();
    }
}
