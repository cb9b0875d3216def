package org.blazefl4j.reproducibility;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.util.Sha256;
import org.bytedeco.pytorch.Generator;

/**
 * Random streams derived from (seed, client id, round, purpose), so that no random state has to be kept between rounds,
 * workers or processes.
 *
 * <p>Streams with different 64-bit seeds differ. Two of ten million streams have the same seed with a probability of 3
 * in a million.
 */
public final class RandomStreams {

    /** Stands for the server in place of a client. */
    public static final int SERVER = -1;

    /** Kept, because looking one up takes longer than a short message. */
    private static final ThreadLocal<MessageDigest> DIGEST = ThreadLocal.withInitial(Sha256::newDigest);

    private RandomStreams() {}

    /**
     * Returns the 64-bit seed of a stream: the first eight bytes, big-endian, of the SHA-256 of {@code seed} (8 bytes,
     * big-endian), {@code cid} and {@code round} (4 bytes each) and {@code purpose} in UTF-8.
     *
     * @param seed the experiment's seed
     * @param cid the client, or {@link #SERVER}
     * @param round the round, from 0
     * @param purpose what the numbers are for
     */
    public static long seed(long seed, int cid, int round, String purpose) {
        byte[] text = purpose.getBytes(StandardCharsets.UTF_8);
        ByteBuffer message = ByteBuffer.allocate(16 + text.length);
        message.putLong(seed).putInt(cid).putInt(round).put(text);
        return ByteBuffer.wrap(DIGEST.get().digest(message.array())).getLong();
    }

    /**
     * Returns the start of the stream with this {@link #seed}: the numbers of {@link #generator}. The caller closes it.
     */
    public static RandomStream stream(long seed, int cid, int round, String purpose) {
        return RandomStream.spread(seed(seed, cid, round, purpose));
    }

    /** Returns a LibTorch CPU generator at the start of the stream with this {@link #seed}. The caller closes it. */
    public static Generator generator(long seed, int cid, int round, String purpose) {
        return Generators.spread(seed(seed, cid, round, purpose));
    }

    /** Returns the Java random stream with this {@link #seed}, a SplitMix64 whose {@code nextLong()} never changes. */
    public static RandomGenerator random(long seed, int cid, int round, String purpose) {
        return new SplitMix64(seed(seed, cid, round, purpose));
    }

    /**
     * Draws {@code count} of the numbers 0 to {@code population - 1} uniformly without replacement: the start of a
     * Fisher-Yates shuffle, sorted.
     *
     * @param population the number of numbers to draw from
     * @param count the number of draws
     * @param random the stream; consumes {@code count} 64-bit numbers
     * @return ascending
     * @throws IllegalArgumentException if the count is not in [0, population]
     */
    public static List<Integer> sample(int population, int count, RandomGenerator random) {
        Arguments.require(
                count >= 0 && count <= population,
                "sample out of range: count=" + count + ", limit=[0, " + population + "]; draw no more than there are");
        int[] ids = IntStream.range(0, population).toArray();
        for (int i = 0; i < count; i++) {
            int j = i + below(population - i, random);
            int id = ids[i];
            ids[i] = ids[j];
            ids[j] = id;
        }
        return Arrays.stream(ids, 0, count).sorted().boxed().toList();
    }

    /** Returns a number in [0, bound). Java does not guarantee the draws of {@code nextInt(bound)}. */
    private static int below(int bound, RandomGenerator random) {
        return (int) Math.multiplyHigh(random.nextLong() >>> 1, 2L * bound);
    }
}
