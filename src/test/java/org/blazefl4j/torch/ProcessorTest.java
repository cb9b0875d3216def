package org.blazefl4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProcessorTest {

    @TempDir
    private Path folder;

    private void cache(int index, String level, String type, String size) throws IOException {
        Path cache = Files.createDirectories(folder.resolve("index" + index));
        Files.writeString(cache.resolve("level"), level + "\n");
        Files.writeString(cache.resolve("type"), type + "\n");
        Files.writeString(cache.resolve("size"), size + "\n");
    }

    @Test
    void shouldNameTheFirstProcessor() throws IOException {
        Path file = Files.writeString(
                folder.resolve("cpuinfo"),
                "processor\t: 0\nmodel name\t: A: fast\n\nprocessor\t: 1\nmodel name\t: B\n");

        assertThat(Processor.model(file)).isEqualTo("A: fast");
    }

    @Test
    void shouldListTheCachesThatHoldData() throws IOException {
        cache(2, "2", "Unified", "2048K");
        cache(0, "1", "Data", "48K");
        cache(1, "1", "Instruction", "32K");
        Files.createFile(folder.resolve("uevent"));

        assertThat(Processor.caches(folder)).isEqualTo("L1 48K, L2 2048K");
    }

    /** As those of a cluster's tasks may be. */
    @Test
    void shouldReadInInterruptedThreads() throws IOException {
        Path file = Files.writeString(folder.resolve("cpuinfo"), "model name\t: A\n");
        cache(0, "1", "Data", "48K");

        Thread.currentThread().interrupt();
        assertThat(Processor.model(file)).isEqualTo("A");
        assertThat(Processor.caches(folder)).isEqualTo("L1 48K");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void shouldSayIfLinuxReportsNothing() throws IOException {
        assertThat(Processor.model(folder.resolve("none"))).isEqualTo("unknown");
        assertThat(Processor.model(Files.createFile(folder.resolve("empty")))).isEqualTo("unknown");
        Path noText = Files.write(folder.resolve("no text"), new byte[] {(byte) 0xff, (byte) 0xfe});
        assertThat(Processor.model(noText)).isEqualTo("unknown");
        assertThat(Processor.caches(folder.resolve("none"))).isEqualTo("unknown");
        assertThat(Processor.caches(folder)).isEqualTo("unknown");
    }
}
