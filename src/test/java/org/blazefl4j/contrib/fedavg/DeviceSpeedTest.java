package org.blazefl4j.contrib.fedavg;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import org.blazefl4j.core.Device;
import org.blazefl4j.model.ModelName;
import org.junit.jupiter.api.Test;

/** The table of a device's speed, where there is none. */
final class DeviceSpeedTest {

    private static String table(String device) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(bytes, true, UTF_8)) {
            new DeviceSpeed(Device.parse(device), List.of(ModelName.LOGISTIC), List.of(1, 2), Duration.ofNanos(1), out)
                    .print();
        }
        return bytes.toString(UTF_8);
    }

    @Test
    void shouldMeasureOnTheCpuAndNameWhatCannotRunThere() {
        assertThat(table("cpu").lines())
                .hasSize(1 + 4 + 2 + 2)
                .anyMatch(line -> line.matches("logistic, eager +1 +[0-9.]+"))
                .anyMatch(line -> line.matches("logistic, eager +2 +[0-9.]+"))
                .anyMatch(line ->
                        line.matches("logistic, graphs +2 could not run: no graphs on this device: device=cpu,.*"))
                .anyMatch(line -> line.matches("100 × 62006 floats +2 +[0-9.]+"));
    }

    @Test
    void shouldNameWhatADeviceLacks() {
        String missing = "cuda:200";
        assertThat(table(missing).lines().filter(line -> line.contains("could not run: ")))
                .hasSize(6)
                .allMatch(line -> line.contains("device=cuda:200"));
    }
}
