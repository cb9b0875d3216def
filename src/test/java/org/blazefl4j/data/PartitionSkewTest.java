package org.blazefl4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Partitions by size, owner, given shares and drawn classes. */
class PartitionSkewTest {

    private static final long[] TEN_CLASSES =
            LongStream.range(0, 2000).map(i -> i % 10).toArray();

    private static void assertCovers(List<long[]> parts, int samples) {
        assertThat(parts).allSatisfy(part -> assertThat(part).isNotEmpty().isSorted());
        assertThat(parts.stream().flatMapToLong(Arrays::stream).sorted().toArray())
                .isEqualTo(LongStream.range(0, samples).toArray());
    }

    private static int[] sizes(List<long[]> parts) {
        return parts.stream().mapToInt(part -> part.length).toArray();
    }

    private static Set<Long> classes(long[] part) {
        return Arrays.stream(part).mapToObj(i -> TEN_CLASSES[(int) i]).collect(Collectors.toSet());
    }

    @Property(tries = 100)
    void shouldGiveGivenSizes(
            @ForAll @Size(min = 1, max = 40) List<@IntRange(min = 1, max = 200) Integer> drawn, @ForAll long seed) {
        int[] sizes = drawn.stream().mapToInt(Integer::intValue).toArray();
        double[] given = Arrays.stream(sizes).asDoubleStream().toArray();
        long[] labels = new long[Arrays.stream(sizes).sum()];

        List<long[]> parts = Partitioner.sizes(given).partition(labels, sizes.length, seed);

        assertCovers(parts, labels.length);
        assertThat(sizes(parts)).isEqualTo(sizes);
    }

    @Property(tries = 100)
    void shouldLeaveNoClientEmptyHoweverUnevenSizesAre(
            @ForAll @IntRange(min = 1, max = 50) int clients, @ForAll long seed) {
        long[] labels = new long[clients + 5];
        assertCovers(Partitioner.dirichletSizes(1e-6).partition(labels, clients, seed), labels.length);
        assertCovers(Partitioner.logNormalSizes(10).partition(labels, clients, seed), labels.length);
    }

    @Example
    void shouldDrawSizesOfTheLogNormalDistribution() {
        double[] logs = Arrays.stream(sizes(Partitioner.logNormalSizes(0.5).partition(new long[1_000_000], 2000, 7)))
                .mapToDouble(Math::log)
                .toArray();
        double mean = Arrays.stream(logs).average().orElseThrow();
        double variance =
                Arrays.stream(logs).map(x -> (x - mean) * (x - mean)).average().orElseThrow();
        assertThat(Math.sqrt(variance)).isCloseTo(0.5, within(0.03));
        assertThat(sizes(Partitioner.logNormalSizes(0).partition(new long[900], 9, 7)))
                .containsOnly(100);
    }

    @Example
    void shouldDrawMoreEvenSizesWithLargerConcentration() {
        assertThat(largest(0.1)).isGreaterThan(400);
        assertThat(largest(10)).isBetween(120, 250);
        assertThat(largest(1e6)).isLessThan(103);
    }

    private static int largest(double alpha) {
        return Arrays.stream(sizes(Partitioner.dirichletSizes(alpha).partition(TEN_CLASSES, 20, 42)))
                .max()
                .orElseThrow();
    }

    @Property(tries = 100)
    void shouldKeepOwnersTogether(
            @ForAll @IntRange(min = 1, max = 30) int owners,
            @ForAll @IntRange(min = 1, max = 30) int clients,
            @ForAll long seed) {
        if (clients > owners) {
            return;
        }
        long[] ofSample = LongStream.range(0, 10L * owners)
                .map(i -> i * 7 % owners * 11 - 5)
                .toArray();
        Arrays.setAll(ofSample, i -> i < owners ? i * 11L - 5 : ofSample[i]); // each has at least one
        List<long[]> parts = Partitioner.owners(ofSample).partition(new long[ofSample.length], clients, seed);

        assertCovers(parts, ofSample.length);
        List<Set<Long>> held = parts.stream()
                .map(part ->
                        Arrays.stream(part).mapToObj(i -> ofSample[(int) i]).collect(Collectors.toSet()))
                .toList();
        assertThat(held.stream().mapToInt(Set::size).sum()).isEqualTo(owners);
        assertThat(held).allSatisfy(ids -> assertThat(ids).hasSizeBetween(owners / clients, owners / clients + 1));
        if (clients == owners) {
            assertThat(held.get(0)).containsExactly(-5L);
        }
    }

    @Example
    void shouldDivideClassesInGivenShares() {
        double[][] shares = new double[3][10];
        for (int c = 0; c < 10; c++) {
            shares[0][c] = c < 5 ? 3 : 0;
            shares[1][c] = 1;
            shares[2][c] = c < 5 ? 0 : 1;
        }
        List<long[]> parts = Partitioner.classShares(shares).partition(TEN_CLASSES, 3, 1);

        assertCovers(parts, 2000);
        assertThat(sizes(parts)).containsExactly(5 * 150, 5 * 50 + 5 * 100, 5 * 100);
        assertThat(classes(parts.get(0))).containsExactlyInAnyOrder(0L, 1L, 2L, 3L, 4L);
        assertThat(classes(parts.get(2))).containsExactlyInAnyOrder(5L, 6L, 7L, 8L, 9L);
    }

    @Property(tries = 50)
    void shouldGiveConsecutiveClasses(@ForAll @IntRange(min = 1, max = 10) int classes, @ForAll long seed) {
        List<long[]> parts = Partitioner.consecutiveClasses(classes).partition(TEN_CLASSES, 20, seed);

        assertCovers(parts, 2000);
        for (int client = 0; client < 20; client++) {
            int first = client * classes;
            assertThat(classes(parts.get(client)))
                    .containsExactlyInAnyOrderElementsOf(IntStream.range(first, first + classes)
                            .mapToObj(c -> c % 10L)
                            .toList());
        }
    }

    @Property(tries = 50)
    void shouldGiveRandomClasses(@ForAll @IntRange(min = 2, max = 10) int classes, @ForAll long seed) {
        List<long[]> parts = Partitioner.randomClasses(classes).partition(TEN_CLASSES, 30, seed);

        assertCovers(parts, 2000);
        assertThat(parts).allSatisfy(part -> assertThat(classes(part)).hasSize(classes));
    }

    @Property(tries = 50)
    void shouldMixEvenSamplesIn(@ForAll @DoubleRange(min = 0, max = 0.9) double share, @ForAll long seed) {
        List<long[]> parts = Partitioner.mixed(share, Partitioner.sizes(9, 1)).partition(TEN_CLASSES, 2, seed);

        assertCovers(parts, 2000);
        double smaller = (1 - share) * 200 + share * 1000;
        assertThat((double) parts.get(1).length).isCloseTo(smaller, within(2.0));
    }

    @Example
    void shouldRefuseWhatCannotBe() {
        refused(() -> Partitioner.sizes(), "client sizes: proportions=[], expected=one number above 0 for each client");
        refused(
                () -> Partitioner.sizes(1, 0),
                "size of client 1 out of range: proportion=0.0, limit=above 0 and finite");
        refused(
                () -> Partitioner.sizes(1, 2).partition(TEN_CLASSES, 3, 0),
                "client sizes: proportions=2, expected=3, one for each client; change their number or numClients");
        refused(
                () -> Partitioner.sizes(1, 5000).partition(TEN_CLASSES, 2, 0),
                "client without samples: client=0, samples=2000, expected=a proportion of half a sample or more; raise"
                        + " it");
        refused(
                () -> Partitioner.logNormalSizes(-1),
                "deviation of log sizes: sigma=-1.0, limit=0 to 10.0; 0 is even, 2 very uneven");
        refused(
                () -> Partitioner.owners(new long[3]).partition(new long[4], 1, 0),
                "owners: owners=3, expected=4, one for each sample; divide all samples of the data set at once");
        refused(
                () -> Partitioner.owners(new long[] {7, 7, 8}).partition(new long[3], 3, 0),
                "number of clients: numClients=3, limit=1 to 2 (the number of owners); change numClients");
        refused(
                () -> Partitioner.classShares(new double[][] {{1, 2}, {1}}),
                "class shares: client=1, shares=1, expected=2, as client 0 has; give one for each class");
        refused(
                () -> Partitioner.classShares(new double[][] {{1, 2}}).partition(TEN_CLASSES, 2, 0),
                "class shares: rows=1, columns=2, expected=2 rows, one for each client, and 10 columns, one for each"
                        + " class in the labels; change them, or numClients");
        refused(
                () -> Partitioner.classShares(new double[][] {{1, 0}}).partition(new long[] {4, 5}, 1, 0),
                "a class without clients: class=1 in label order, samples=1, expected=a share above 0; give it to a"
                        + " client");
        refused(
                () -> Partitioner.consecutiveClasses(3).partition(TEN_CLASSES, 3, 0),
                "number of clients: numClients=3, limit=4 or more (3 each of the classes in the labels); raise"
                        + " numClients, or no client has the last classes");
        refused(() -> Partitioner.mixed(1, Partitioner.iid()), "iidShare out of range: iidShare=1.0, limit=[0, 1)");
    }

    private static void refused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }
}
