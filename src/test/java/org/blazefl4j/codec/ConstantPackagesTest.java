package org.blazefl4j.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Tells packages that always encode to the same message from others. */
final class ConstantPackagesTest {

    private final PackageEncoder encoder = new PackageEncoder();

    record Holder(Object content) {}

    static final class Plain {
        final int number = 1;
    }

    private static Stream<Object> shouldRecogniseConstantPackages() {
        return Stream.of(
                1,
                "text",
                2.5f,
                TimeUnit.DAYS,
                Optional.of("x"),
                new UUID(1, 2),
                URI.create("a:b"),
                Duration.ofDays(1),
                List.of(),
                List.of(1),
                List.of(1, 2, 3),
                Stream.of(1, 2).toList(),
                Set.of("a", "b"),
                Map.of("k", List.of(new Holder(null))));
    }

    @ParameterizedTest
    @MethodSource
    void shouldRecogniseConstantPackages(Object value) {
        encoder.encode(new Holder(value), null);
        assertThat(encoder.wasConstant()).isTrue();
    }

    private static Stream<Arguments> shouldRecogniseChangeablePackages() {
        return Stream.<Object>of(
                        new Plain(),
                        new int[] {1},
                        new String[] {"a"},
                        new BitSet(),
                        new ArrayList<>(),
                        Arrays.asList(1, 2),
                        new HashMap<>(),
                        Collections.unmodifiableList(new ArrayList<>()),
                        List.of(new Holder(new long[0])),
                        Map.of("k", Optional.of(new ArrayList<>())))
                .map(value -> Arguments.of(value));
    }

    @ParameterizedTest
    @MethodSource
    void shouldRecogniseChangeablePackages(Object value) {
        encoder.encode(new Holder(value), null);
        assertThat(encoder.wasConstant()).isFalse();
        encoder.encode(new Holder("no more"), null);
        assertThat(encoder.wasConstant()).isTrue();
    }
}
