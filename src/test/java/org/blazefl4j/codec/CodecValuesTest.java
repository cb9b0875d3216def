package org.blazefl4j.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.blazefl4j.codec.HeapStore.cross;

import java.io.File;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.Period;
import java.time.ZonedDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Sends values without tensors, and tests the types that arrive. */
class CodecValuesTest {

    enum Shade {
        LIGHT,
        DARK {
            @Override
            int level() {
                return 2;
            }
        };

        int level() {
            return 1;
        }
    }

    enum Nothing {}

    private record Everything(
            boolean flag,
            byte b,
            short s,
            char c,
            int i,
            long l,
            float f,
            double d,
            String text,
            Shade shade,
            Object any) {}

    record Holder<T>(T value) {}

    record Empty() {}

    record ByLength(int sign) implements Comparator<String> {
        @Override
        public int compare(String a, String b) {
            return sign * Integer.compare(a.length(), b.length());
        }
    }

    static List<Object> values() {
        return List.of(
                true,
                (byte) -3,
                (short) 300,
                'x',
                -5,
                1L << 40,
                1.5f,
                -0.0,
                "",
                "text",
                "größer",
                "\u4f60\ud83d\ude00",
                "lone \ud800",
                BigInteger.TEN.pow(40).negate(),
                BigInteger.ZERO,
                new BigDecimal("12.3400"),
                new BigDecimal("1E+900"),
                BitSet.valueOf(new long[] {5, 9}),
                new BitSet(),
                Shade.LIGHT,
                Shade.DARK,
                TimeUnit.DAYS,
                Optional.empty(),
                Optional.of("x"),
                Optional.of(Optional.of(3)),
                OptionalInt.empty(),
                OptionalInt.of(-4),
                OptionalLong.of(9),
                OptionalLong.empty(),
                OptionalDouble.of(0.25),
                OptionalDouble.empty(),
                UUID.fromString("123e4567-e89b-12d3-a456-426614174000"),
                Duration.ofNanos(-1_500_000_001),
                Period.of(1, -2, 3),
                Instant.ofEpochSecond(1_700_000_000L, 5),
                LocalDate.of(2024, 2, 29),
                LocalTime.of(1, 2, 3, 4),
                LocalDateTime.of(2024, 1, 2, 3, 4),
                OffsetDateTime.parse("2024-01-02T03:04:05+02:00"),
                ZonedDateTime.parse("2024-10-27T02:30:00+01:00[Europe/Berlin]"),
                URI.create("a:b#c"),
                new File("/tmp/x y"),
                Path.of("data", "set"),
                new Empty(),
                new Everything(
                        true,
                        (byte) 1,
                        (short) 2,
                        '\uffff',
                        4,
                        5,
                        Float.NaN,
                        Double.MIN_VALUE,
                        null,
                        Shade.DARK,
                        List.of(1)));
    }

    @ParameterizedTest
    @MethodSource("values")
    void shouldArriveEqual(Object value) {
        assertThat(cross(value)).isEqualTo(value).hasSameClassAs(value);
    }

    @Test
    void shouldArriveAsNullIfNull() {
        Object arrived = cross(null);
        assertThat(arrived).isNull();
        assertThat(cross(new Holder<>(null))).isEqualTo(new Holder<>(null));
    }

    @Test
    void shouldKeepFloatBits() {
        float payload = Float.intBitsToFloat(0x7fc12345);
        assertThat(Float.floatToRawIntBits(cross(payload))).isEqualTo(0x7fc12345);
        assertThat(Double.doubleToRawLongBits(cross(-0.0))).isEqualTo(Long.MIN_VALUE);
    }

    static Stream<Arguments> arrays() {
        return Stream.<Object>of(
                        new boolean[] {true, false},
                        new byte[] {1, -1},
                        new short[] {300},
                        new char[] {'a', '\uffff'},
                        new int[0],
                        new int[] {Integer.MIN_VALUE, 7},
                        new long[] {1L << 50},
                        new float[] {1.5f, Float.NaN},
                        new double[] {-0.0},
                        new String[] {"a", null, "a"},
                        new Object[] {1, "x", new int[] {3}},
                        new int[][] {{1, 2}, null, {}},
                        new String[][][] {{{"deep"}}, {}},
                        new List<?>[] {List.of(1), null},
                        new Shade[] {Shade.DARK},
                        new Comparable<?>[] {1, "b"},
                        new Nothing[0])
                .map(array -> Arguments.of(array));
    }

    @ParameterizedTest
    @MethodSource("arrays")
    void shouldKeepArraysOfAllTypesAndDimensions(Object array) {
        Object arrived = cross(array);
        assertThat(arrived.getClass()).isEqualTo(array.getClass());
        assertThat(Arrays.deepEquals(new Object[] {arrived}, new Object[] {array}))
                .isTrue();
    }

    static List<Collection<?>> lists() {
        List<Integer> numbers = new ArrayList<>(List.of(1, 2, 3, 4));
        return List.of(
                List.of(),
                List.of(1),
                List.of(1, 2, 3),
                numbers,
                numbers.subList(1, 3),
                Arrays.asList(1, null),
                Collections.unmodifiableList(numbers),
                Collections.nCopies(3, "x"),
                List.of(1, 2, 3).subList(0, 2));
    }

    @ParameterizedTest
    @MethodSource("lists")
    void shouldArriveAsMutableListIfAnyList(Object list) {
        assertThat(cross(list)).isEqualTo(list).isExactlyInstanceOf(ArrayList.class);
    }

    @Test
    void shouldKeepLinkedListsAndDeques() {
        assertThat(cross(new LinkedList<>(List.of(1, 2))))
                .isExactlyInstanceOf(LinkedList.class)
                .containsExactly(1, 2);
        assertThat(cross(new ArrayDeque<>(List.of(2, 1))))
                .isExactlyInstanceOf(ArrayDeque.class)
                .containsExactly(2, 1);
        assertThat(cross(Map.of(1, 2).values()))
                .isExactlyInstanceOf(ArrayList.class)
                .containsExactly(2);
    }

    @Test
    void shouldKeepTheSendersOrderOfSetsAndMaps() {
        Set<String> set = new HashSet<>();
        Map<String, Integer> map = new HashMap<>();
        for (int i = 0; i < 100; i++) {
            set.add("element " + i * 7919);
            map.put("key " + i * 7919, i);
        }
        assertThat(List.copyOf(cross(set))).isEqualTo(List.copyOf(set));
        assertThat(List.copyOf(cross(map).entrySet())).isEqualTo(List.copyOf(map.entrySet()));
        assertThat(cross(map)).isExactlyInstanceOf(LinkedHashMap.class);
        assertThat(cross(new ConcurrentHashMap<>(map)))
                .isExactlyInstanceOf(ConcurrentHashMap.class)
                .isEqualTo(map);
        assertThat(cross(Set.of(1, 2))).isEqualTo(Set.of(1, 2));
        assertThat(cross(map.keySet())).isEqualTo(map.keySet());
        assertThat(cross(Collections.singletonMap(null, "null key"))).containsEntry(null, "null key");
    }

    @Test
    void shouldKeepEnumSetsAndMapsEvenIfEmpty() {
        assertThat(cross(EnumSet.of(Shade.DARK))).isInstanceOf(EnumSet.class).containsExactly(Shade.DARK);
        EnumSet<Shade> none = cross(EnumSet.noneOf(Shade.class));
        none.add(Shade.LIGHT);
        assertThat(none).containsExactly(Shade.LIGHT);
        EnumMap<Shade, String> map = new EnumMap<>(Map.of(Shade.DARK, "d"));
        assertThat(cross(map)).isInstanceOf(EnumMap.class).isEqualTo(map);
        EnumMap<Shade, String> empty = cross(new EnumMap<>(Shade.class));
        empty.put(Shade.LIGHT, "l");
        assertThat(empty).containsExactly(Map.entry(Shade.LIGHT, "l"));
    }

    static List<Comparator<String>> comparators() {
        return Arrays.asList(
                null,
                Comparator.naturalOrder(),
                Comparator.reverseOrder(),
                String.CASE_INSENSITIVE_ORDER,
                new ByLength(-1));
    }

    @ParameterizedTest
    @MethodSource("comparators")
    void shouldKeepSortedSetsAndMapsWithComparatorsThatCross(Comparator<String> order) {
        TreeSet<String> set = new TreeSet<>(order);
        Collections.addAll(set, "b", "A", "aa", "B");
        TreeMap<String, Integer> map = new TreeMap<>(order);
        set.forEach(key -> map.put(key, key.length()));
        TreeSet<String> arrived = cross(set);
        assertThat(List.copyOf(arrived)).isEqualTo(List.copyOf(set));
        assertThat(arrived.comparator()).isEqualTo(order);
        assertThat(List.copyOf(cross(map).entrySet())).isEqualTo(List.copyOf(map.entrySet()));
    }

    @Test
    void shouldDecodeEachMessageSeparatelyIfAMapChangesInBetween() {
        Map<String, Object> map = new HashMap<>(Map.of("loss", 1.0));
        Holder<Map<String, Object>> payload = new Holder<>(map);
        PackageEncoder encoder = new PackageEncoder();
        PackageDecoder decoder = new PackageDecoder(getClass().getClassLoader());
        HeapStore store = new HeapStore();
        byte[] first = HeapStore.bytes(encoder.encode(payload, store));
        map.put("loss", 2.0);
        map.put("round", 1);
        byte[] second = HeapStore.bytes(encoder.encode(payload, store));
        map.clear();

        assertThat(decoder.decode(ByteBuffer.wrap(second), store))
                .isEqualTo(new Holder<>(Map.of("loss", 2.0, "round", 1)));
        assertThat(decoder.decode(ByteBuffer.wrap(first), store)).isEqualTo(new Holder<>(Map.of("loss", 1.0)));
        assertThat(new PackageDecoder(getClass().getClassLoader()).decode(ByteBuffer.wrap(second), store))
                .isEqualTo(new Holder<>(Map.of("loss", 2.0, "round", 1)));
    }

    @Test
    void shouldReadMessagesFromAnyBuffer() {
        byte[] message = HeapStore.bytes(new PackageEncoder().encode(List.of("a", 1), new HeapStore()));
        ByteBuffer direct = ByteBuffer.allocateDirect(message.length + 10).position(5);
        direct.put(message).flip().position(5);
        ByteBuffer sliced = ByteBuffer.wrap(Arrays.copyOf(message, message.length + 3), 0, message.length);
        PackageDecoder decoder = new PackageDecoder(getClass().getClassLoader());
        assertThat(decoder.decode(direct, new HeapStore())).isEqualTo(List.of("a", 1));
        assertThat(decoder.decode(sliced.asReadOnlyBuffer(), new HeapStore())).isEqualTo(List.of("a", 1));
        assertThat(decoder.decode(sliced, new HeapStore())).isEqualTo(List.of("a", 1));
        assertThat(direct.position()).isEqualTo(5);
    }
}
