package org.blazefl4j.contrib.fedavg;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.blazefl4j.binding.OnGpu;
import org.blazefl4j.core.Device;
import org.blazefl4j.model.ModelName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Writes the table of a device's speed to the file that a property names, as native/cuda/check.sh asks for. */
@OnGpu
@EnabledIfSystemProperty(named = DeviceSpeedGpuTest.FILE, matches = ".+")
final class DeviceSpeedGpuTest {

    static final String FILE = "blazefl4j.speedTable";

    @Test
    void shouldMeasure() throws IOException {
        Path file = Path.of(System.getProperty(FILE));
        try (PrintStream out = new PrintStream(file.toFile(), UTF_8)) {
            List<ModelName> models = List.of(ModelName.CNN, ModelName.RESNET18);
            new DeviceSpeed(Device.parse("cuda:0"), models, List.of(1, 4, 16), Duration.ofSeconds(3), out).print();
        }
        assertThat(file).content().contains("cnn, graphs", "resnet18, eager", "floats");
    }
}
