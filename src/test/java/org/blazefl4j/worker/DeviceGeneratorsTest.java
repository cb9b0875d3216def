package org.blazefl4j.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.blazefl4j.core.Device;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.reproducibility.RngCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients that draw from the default generator of a device, by the seeds and offsets that two devices would tell. */
final class DeviceGeneratorsTest {

    private final long[] state = {42, 0, 42, 8};
    private final AtomicInteger asked = new AtomicInteger();
    private final DefaultGeneratorWatch watch = new DefaultGeneratorWatch(RngCheck.FAIL);

    @BeforeEach
    void answer() {
        DefaultGeneratorWatch.lookOnDevices(() -> {
            asked.incrementAndGet();
            return state.clone();
        });
    }

    @AfterEach
    void close() {
        watch.close();
        DefaultGeneratorWatch.lookOnDevices(DefaultGenerator::lookOnDevices);
    }

    private String train(String device, Callable<String> client) throws Exception {
        return watch.during(new ClientJob(3, 0, Device.parse(device)), client);
    }

    private String draw() {
        state[3] += 4;
        return "drawn";
    }

    @Test
    void shouldFailAClientThatDrawsOnADevice() throws Exception {
        assertThat(train("cuda:1", () -> "trained")).isEqualTo("trained");
        assertThatThrownBy(() -> train("cuda:1", this::draw))
                .isInstanceOf(ContractViolationException.class)
                .hasMessageStartingWith("default generator moved: clients=[3], expected=no draws from it");
        assertThat(train("cuda:1", () -> "trained")).isEqualTo("trained");
    }

    @Test
    void shouldFailAClientThatSeedsADevice() {
        assertThatThrownBy(() -> train("cuda", () -> {
                    state[0] = 7;
                    return "seeded";
                }))
                .isInstanceOf(ContractViolationException.class);
    }

    @Test
    void shouldAllowTheCallerToDraw() throws Exception {
        train("cuda", () -> "trained");
        draw();
        assertThat(train("cuda", () -> "trained")).isEqualTo("trained");
    }

    @Test
    void shouldNotAskDevicesForClientsOnTheProcessor() throws Exception {
        assertThat(train("cpu", this::draw)).isEqualTo("drawn");
        assertThat(asked).hasValue(0);
    }
}
