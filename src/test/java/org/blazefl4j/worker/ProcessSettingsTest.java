package org.blazefl4j.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every setting, changed by itself: most are told by the memory of LibTorch's context, not by its methods. */
final class ProcessSettingsTest {

    private final ProcessSettings before = ProcessSettings.take();

    @AfterEach
    void restore() {
        before.restore();
    }

    private static Stream<Setting> shouldSeeAChangedSetting() {
        return Stream.of(ProcessSettings.ALL);
    }

    @ParameterizedTest
    @MethodSource
    void shouldSeeAChangedSetting(Setting setting) {
        int value = setting.get().getAsInt();
        assumeTrue(change(setting, value), () -> "this processor has one value of it: " + setting.name());

        assertThat(before.hold()).isFalse();
        assertThat(ProcessSettings.take().otherThan(before)).anyMatch(found -> found.startsWith(setting.name() + "="));
        before.restore();
        assertThat(setting.get().getAsInt()).isEqualTo(value);
        assertThat(before.hold()).isTrue();
    }

    /** Sets the first of some numbers that the setting takes and that is another than its own. */
    private static boolean change(Setting setting, int value) {
        return IntStream.of(0, 1, 2, 7).filter(other -> other != value).anyMatch(other -> {
            try {
                setting.set().accept(other);
            } catch (RuntimeException refused) {
                return false;
            }
            return setting.get().getAsInt() != value;
        });
    }
}
