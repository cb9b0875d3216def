package org.blazefl4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bytedeco.pytorch.Tensor;

class PartitionerTest {

    private static final long[] TEN_CLASSES =
            LongStream.range(0, 2000).map(i -> i % 10).toArray();

    /** The number of partitioners that divide any labels. */
    private static final int KINDS = 8;

    /** A partitioner and a request that it can meet. */
    record Request(Partitioner partitioner, long[] labels, int clients) {

        long[][] partition(long seed) {
            return partitioner.partition(labels, clients, seed).toArray(long[][]::new);
        }
    }

    @Provide
    Arbitrary<Request> requests() {
        Arbitrary<Integer> clients = Arbitraries.integers().between(1, 12);
        Arbitrary<long[]> labels = Arbitraries.longs()
                .between(-1, 6)
                .array(long[].class)
                .ofMinSize(60)
                .ofMaxSize(300);
        return Combinators.combine(clients, labels, Arbitraries.integers().between(0, KINDS - 1))
                .as((c, l, kind) -> new Request(partitioner(kind, c), l, c));
    }

    private static Partitioner partitioner(int kind, int clients) {
        return switch (kind) {
            case 0 -> Partitioner.iid();
            case 1 -> Partitioner.shards(2 * clients);
            case 2 -> Partitioner.dirichlet(5);
            case 3 -> Partitioner.cappedDirichlet(5, 1);
            case 4 -> Partitioner.dirichletSizes(0.3);
            case 5 -> Partitioner.logNormalSizes(2);
            case 6 -> Partitioner.mixed(0.4, Partitioner.shards(clients));
            default -> Partitioner.balancedDirichlet(0.3);
        };
    }

    @Property(tries = 300)
    void shouldGiveEverySampleOnceAndNoEmptyPart(@ForAll("requests") Request request, @ForAll long seed) {
        long[][] parts = request.partition(seed);
        assertThat(parts).hasNumberOfRows(request.clients);
        assertThat(Arrays.asList(parts))
                .allSatisfy(part -> assertThat(part).isNotEmpty().isSorted());
        long[] all = Arrays.stream(parts).flatMapToLong(Arrays::stream).sorted().toArray();
        assertThat(all).isEqualTo(LongStream.range(0, request.labels.length).toArray());
    }

    @Property(tries = 100)
    void shouldDependOnTheSeedAlone(@ForAll("requests") Request request, @ForAll long seed) {
        assertThat(request.partition(seed)).isDeepEqualTo(request.partition(seed));
    }

    @Property(tries = 8)
    void shouldGiveOtherPartsWithAnotherSeed(@ForAll long seed) {
        for (int kind = 0; kind < KINDS; kind++) {
            Request request = new Request(partitioner(kind, 10), TEN_CLASSES, 10);
            assertThat(Arrays.deepEquals(request.partition(seed), request.partition(seed + 1)))
                    .isFalse();
        }
    }

    @Property(tries = 100)
    void shouldBalanceSizesIfAsked(@ForAll("requests") Request request, @ForAll long seed) {
        for (Partitioner balanced : List.of(Partitioner.iid(), Partitioner.balancedDirichlet(0.1))) {
            List<long[]> parts = balanced.partition(request.labels, request.clients, seed);
            int least = request.labels.length / request.clients;
            int larger = request.labels.length % request.clients;
            assertThat(parts.stream().mapToInt(part -> part.length))
                    .isEqualTo(IntStream.range(0, request.clients)
                            .mapToObj(i -> i < larger ? least + 1 : least)
                            .toList());
        }
    }

    @Property(tries = 50)
    void shouldGiveEachClientFewClassesWhenSharded(@ForAll long seed) {
        List<long[]> parts = Partitioner.shards(20).partition(TEN_CLASSES, 10, seed);
        assertThat(parts).allSatisfy(part -> {
            assertThat(part).hasSize(200);
            assertThat(classes(part)).isLessThanOrEqualTo(2);
        });
    }

    private static long classes(long[] part) {
        return Arrays.stream(part).map(i -> TEN_CLASSES[(int) i]).distinct().count();
    }

    @Example
    void shouldCutShardsOfSortedLabels() {
        long[] labels = {1, 0, 1, 0, 1};
        List<long[]> parts = Partitioner.shards(2).partition(labels, 2, 0);
        assertThat(parts)
                .usingElementComparator(Arrays::compare)
                .containsExactlyInAnyOrder(new long[] {0, 1, 3}, new long[] {2, 4});
    }

    @Property(tries = 50)
    void shouldKeepTheMinimumSize(@ForAll long seed) {
        List<long[]> parts = Partitioner.dirichlet(0.5, 40).partition(TEN_CLASSES, 10, seed);
        assertThat(parts).allSatisfy(part -> assertThat(part).hasSizeGreaterThanOrEqualTo(40));
    }

    @Example
    void shouldBeMoreUnevenWithSmallerConcentration() {
        assertThat(meanClasses(0.1)).isLessThan(3);
        assertThat(meanClasses(1)).isBetween(4.0, 7.0);
        assertThat(meanClasses(1000)).isGreaterThan(9);
        assertThat(largest(0.1)).isGreaterThan(220);
        assertThat(largest(1)).isBetween(140, 210);
        assertThat(largest(1000)).isLessThan(110);
    }

    /** Returns the mean effective number of classes per client: one over the sum of squared shares. */
    private static double meanClasses(double alpha) {
        return Partitioner.balancedDirichlet(alpha).partition(TEN_CLASSES, 20, 42).stream()
                .mapToDouble(PartitionerTest::effectiveClasses)
                .average()
                .orElseThrow();
    }

    private static double effectiveClasses(long[] part) {
        double[] shares = new double[10];
        for (long i : part) {
            shares[(int) TEN_CLASSES[(int) i]] += 1.0 / part.length;
        }
        return 1 / Arrays.stream(shares).map(s -> s * s).sum();
    }

    private static int largest(double alpha) {
        return Partitioner.dirichlet(alpha).partition(TEN_CLASSES, 20, 42).stream()
                .mapToInt(part -> part.length)
                .max()
                .orElseThrow();
    }

    @Property(tries = 50)
    void shouldGiveNoFurtherClassOnceAClientHasItsEvenShare(@ForAll long seed) {
        List<long[]> parts = Partitioner.cappedDirichlet(0.2, 1).partition(TEN_CLASSES, 8, seed);
        assertThat(parts).allSatisfy(part -> {
            int[] sizes = sizes(part);
            int last = IntStream.range(0, 10).filter(c -> sizes[c] > 0).max().orElseThrow();
            assertThat(part.length - sizes[last]).isLessThan(TEN_CLASSES.length / 8);
        });
    }

    @Example
    void shouldDivideAmongOpenClientsWhenTheirProportionsVanish() {
        for (int seed = 0; seed < 20; seed++) {
            List<long[]> parts = Partitioner.cappedDirichlet(1e-6, 1).partition(TEN_CLASSES, 3, seed);
            assertThat(parts).allSatisfy(part -> assertThat(part).hasSizeBetween(200, 866));
        }
    }

    @Property(tries = 100)
    void shouldGiveEachClientSoManyClasses(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 10) int classes,
            @ForAll @IntRange(min = 10, max = 25) int clients) {
        List<long[]> parts = Partitioner.classes(classes).partition(TEN_CLASSES, clients, seed);
        int[][] sizes = parts.stream().map(PartitionerTest::sizes).toArray(int[][]::new);
        for (int client = 0; client < clients; client++) {
            assertThat(parts.get(client)).isSorted();
            assertThat(classes(parts.get(client))).isEqualTo(classes);
            assertThat(sizes[client][client % 10]).isPositive();
        }
        for (int c = 0; c < 10; c++) {
            int ofClass = c;
            int[] holders = Arrays.stream(sizes)
                    .mapToInt(of -> of[ofClass])
                    .filter(n -> n > 0)
                    .toArray();
            assertThat(Arrays.stream(holders).sum()).isEqualTo(200);
            assertThat(Arrays.stream(holders).max().orElseThrow()
                            - Arrays.stream(holders).min().orElseThrow())
                    .isLessThanOrEqualTo(1);
        }
    }

    private static int[] sizes(long[] part) {
        int[] sizes = new int[10];
        for (long i : part) {
            sizes[(int) TEN_CLASSES[(int) i]]++;
        }
        return sizes;
    }

    @Example
    void shouldRoundWithoutFavouringAClient() {
        assertThat(DirichletPartitioner.cuts(new double[] {0.999, 0.001}, 200)).containsExactly(0, 200, 200);
        assertThat(DirichletPartitioner.cuts(new double[] {0.001, 0.999}, 200)).containsExactly(0, 0, 200);
        assertThat(DirichletPartitioner.cuts(new double[] {0.25, 0.5, 0.25}, 200))
                .containsExactly(0, 50, 150, 200);
    }

    @Example
    void shouldReadLabelsFromATensor() {
        try (Tensor labels = Tensor.create(TEN_CLASSES)) {
            assertThat(Partitioner.iid().partition(labels, 7, 3).toArray(long[][]::new))
                    .isDeepEqualTo(
                            Partitioner.iid().partition(TEN_CLASSES, 7, 3).toArray(long[][]::new));
        }
    }

    /** Pins the documented streams: these parts must not change between versions or machines. */
    @Example
    void shouldKeepItsPartsInEveryVersion() {
        long[] labels = {0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2};
        assertThat(parts(Partitioner.iid(), labels)).isEqualTo("[[0, 2, 7, 9], [4, 5, 6, 11], [1, 3, 8, 10]]");
        assertThat(parts(Partitioner.shards(6), labels)).isEqualTo("[[0, 3, 6, 9], [1, 2, 4, 5], [7, 8, 10, 11]]");
        assertThat(parts(Partitioner.dirichlet(0.5), labels)).isEqualTo("[[5], [0, 2, 3, 6, 9, 11], [1, 4, 7, 8, 10]]");
        assertThat(parts(Partitioner.balancedDirichlet(0.5), labels))
                .isEqualTo("[[4, 7, 9, 10], [2, 5, 8, 11], [0, 1, 3, 6]]");
        assertThat(parts(Partitioner.cappedDirichlet(0.5, 1), labels))
                .isEqualTo("[[2, 5, 8, 11], [0, 3, 6, 9], [1, 4, 7, 10]]");
        assertThat(parts(Partitioner.classes(2), labels)).isEqualTo("[[3, 4, 6, 10], [0, 1, 7], [2, 5, 8, 9, 11]]");
    }

    private static String parts(Partitioner partitioner, long[] labels) {
        return Arrays.deepToString(partitioner.partition(labels, 3, 42).toArray());
    }

    @Example
    void shouldDrawGammaNumbersOfTheRightMeanAndVariance() {
        for (double shape : new double[] {0.1, 0.5, 1, 3, 40}) {
            PartitionRandom random = new PartitionRandom(1);
            double[] drawn = IntStream.range(0, 40_000)
                    .mapToDouble(i -> Math.exp(random.logGamma(shape)))
                    .toArray();
            double mean = Arrays.stream(drawn).average().orElseThrow();
            double variance = Arrays.stream(drawn)
                    .map(x -> (x - mean) * (x - mean))
                    .average()
                    .orElseThrow();
            assertThat(mean).isCloseTo(shape, within(0.05 * shape));
            assertThat(variance).isCloseTo(shape, within(0.1 * shape));
        }
    }

    @Property(tries = 50)
    void shouldDrawPointsOfSumOneWithAnyConcentration(@ForAll long seed) {
        PartitionRandom random = new PartitionRandom(seed);
        for (double alpha : new double[] {1e-6, 0.01, 1, 1e6}) {
            double[] point = random.dirichlet(alpha, 10);
            assertThat(Arrays.stream(point).sum()).isCloseTo(1, within(1e-12));
            assertThat(Arrays.stream(point).min().orElseThrow()).isNotNegative();
        }
    }

    @Example
    void shouldRefuseInvalidArguments() {
        refused(
                () -> Partitioner.iid().partition(new long[3], 4, 0),
                "number of clients: numClients=4, limit=1 to 3 (the number of samples); change numClients");
        refused(
                () -> Partitioner.balancedDirichlet(1).partition(new long[3], 0, 0),
                "number of clients: " + "numClients=0, limit=1 to 3 (the number of samples); change numClients");
        refused(() -> Partitioner.shards(0), "number of shards: numShards=0, limit=1 or more; give two per client");
        refused(
                () -> Partitioner.shards(5).partition(new long[9], 2, 0),
                "number of shards: numShards=5, expected=a "
                        + "multiple of 2 (the number of clients) up to 9 (the number of samples); "
                        + "change numShards or numClients");
        refused(
                () -> Partitioner.shards(10).partition(new long[9], 2, 0),
                "number of shards: numShards=10, expected=a "
                        + "multiple of 2 (the number of clients) up to 9 (the number of samples); "
                        + "change numShards or numClients");
        refused(() -> Partitioner.classes(0), "classes per client: classesPerClient=0, limit=1 or more");
        refused(
                () -> Partitioner.classes(11).partition(TEN_CLASSES, 20, 0),
                "classes per client: classesPerClient=11, limit=10 (the classes in the labels); lower classesPerClient");
        refused(
                () -> Partitioner.classes(2).partition(TEN_CLASSES, 9, 0),
                "number of clients: numClients=9, limit=10 or more (the classes in the labels); raise numClients, or no"
                        + " client has the last classes");
        refused(
                () -> Partitioner.classes(1).partition(new long[] {0, 0, 0, 1}, 4, 0),
                "client without samples: client=3, numClients=4, expected=a class with a sample for each client that"
                        + " has it; lower numClients or raise classesPerClient");
        refused(
                () -> Partitioner.dirichlet(0),
                "Dirichlet concentration: alpha=0.0, limit=1.0E-6 to 1000000.0; "
                        + "0.1 is very uneven, 100 nearly even");
        refused(
                () -> Partitioner.balancedDirichlet(Double.NaN),
                "Dirichlet concentration: alpha=NaN, "
                        + "limit=1.0E-6 to 1000000.0; 0.1 is very uneven, 100 nearly even");
        refused(() -> Partitioner.dirichlet(1, 0), "minimum size: minSize=0, limit=1 or more samples per client");
        refused(
                () -> Partitioner.dirichlet(1, 4).partition(new long[9], 3, 0),
                "minimum size: minSize=4, limit=3 " + "(9 samples for 3 clients); lower minSize or numClients");
        refused(
                () -> Partitioner.dirichlet(0.001, 3).partition(new long[9], 3, 0),
                "no division with enough samples "
                        + "for every client: alpha=0.001, numClients=3, smallest client at best=0, limit=3 in 1000 "
                        + "attempts, in which 2 clients on average had fewer; raise alpha or lower minSize or numClients");
        refused(
                () -> Partitioner.dirichlet(0.1).partition(TEN_CLASSES, 500, 42),
                "no division with enough samples "
                        + "for every client: alpha=0.1, numClients=500, smallest client at best=0, limit=1 in 10 "
                        + "attempts, in which 70 clients on average had fewer; raise alpha or lower numClients");
    }

    private static void refused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }
}
