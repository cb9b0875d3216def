package org.blazefl4j.binding;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MountsTest {

    private static final List<String> LIST = List.of(
            "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw",
            "30 22 0:26 / /home rw,nosuid,noexec - ext4 /dev/vdb rw",
            "31 30 0:27 / /home/may\\040run rw,relatime - tmpfs tmpfs rw",
            "32 22 0:28 / /over rw,noexec - tmpfs tmpfs rw",
            "33 22 0:29 / /over rw - tmpfs tmpfs rw",
            "34 22 0:30 / /homes rw - tmpfs noexec rw,noexec");

    @ParameterizedTest
    @CsvSource({
        "/, false",
        "/tmp/a, false",
        "/home, true",
        "/home/a/b, true",
        "/home/may run/a, false",
        "/over/a, false",
        "/homes/a, false"
    })
    void shouldUseTheLastOfTheNearestMounts(Path folder, boolean noexec) {
        assertThat(Mounts.isNoexec(LIST, folder)).isEqualTo(noexec);
    }
}
