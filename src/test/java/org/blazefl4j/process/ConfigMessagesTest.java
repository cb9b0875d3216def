package org.blazefl4j.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.blazefl4j.shm.Segment;
import org.junit.jupiter.api.Test;

final class ConfigMessagesTest {

    private static final byte[] MESSAGE = {1, 2, 3, 4};

    private final SharedMemoryMap map = new SharedMemoryMap();
    private final ConfigMessages messages = new ConfigMessages(map, 10);

    @Test
    void shouldKeepAClientsMessageWhileItsConfigurationIsTheSameObject() {
        String config = "config";
        messages.keep(3, config, MESSAGE);
        assertThat(messages.find(3, config)).isSameAs(MESSAGE);
        assertThat(messages.find(3, new String(config))).isNull();
        assertThat(messages.find(4, config)).isNull();
    }

    @Test
    void shouldKeepTheLastMessageOfAClientOnly() {
        messages.keep(3, "first", MESSAGE);
        messages.keep(3, "second", new byte[5]);
        assertThat(messages.find(3, "first")).isNull();
        assertThat(messages.find(3, "second")).hasSize(5);
    }

    @Test
    void shouldForgetMessagesThatMayReferToWhatIsNoLongerShared() {
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

        messages.keep(1, "d", new byte[1]);
        messages.keep(3, "c", MESSAGE);
        assertThat(messages.find(3, "c")).isSameAs(MESSAGE);
    }
}
