package org.blazefl4j.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SharedMemoryMap;
import org.junit.jupiter.api.Test;

final class EncodedConfigCacheTest {

    private static final byte[] MESSAGE = {1, 2, 3, 4};

    private final SharedMemoryMap map = new SharedMemoryMap();
    private final EncodedConfigCache messages = new EncodedConfigCache(map, 2 * (200 + MESSAGE.length) + 2);

    @Test
    void shouldKeepAClientsMessageWhileItsConfigurationIsTheSameObject() {
        String config = "config";
        messages.keep(3, config, MESSAGE);
        assertThat(messages.find(3, config)).isSameAs(MESSAGE);
        assertThat(messages.find(3, new String(config))).isNull();
        assertThat(messages.find(4, config)).isNull();
    }

    @Test
    void shouldForgetAClientsMessageWhenItHasAnotherConfiguration() {
        messages.keep(3, "first", MESSAGE);
        assertThat(messages.find(3, "second")).isNull();
        assertThat(messages.find(3, "first")).isNull();
    }

    @Test
    void shouldForgetMessagesThatMayReferToUnsharedTensors() {
        try (Segment segment = Segment.create(8)) {
            map.addLasting(segment.address(), segment.bytes(), segment, 0);
            messages.keep(3, "config", MESSAGE);
            map.remove(segment.address());
        }
        assertThat(messages.find(3, "config")).isNull();
    }

    @Test
    void shouldKeepNoMoreThanItsLimit() {
        messages.keep(1, "a", MESSAGE);
        messages.keep(2, "b", MESSAGE);
        messages.keep(3, "c", MESSAGE);
        assertThat(messages.find(2, "b")).isSameAs(MESSAGE);
        assertThat(messages.find(3, "c")).isNull();

        assertThat(messages.find(1, "d")).isNull();
        messages.keep(3, "c", MESSAGE);
        assertThat(messages.find(3, "c")).isSameAs(MESSAGE);
    }
}
