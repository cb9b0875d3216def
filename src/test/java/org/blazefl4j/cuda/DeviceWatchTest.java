package org.blazefl4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of clients by what the allocator of a device tells. */
final class DeviceWatchTest {

    private final long[] refusals = {3, 5};
    private final List<String> released = new ArrayList<>();
    private final MemoryRefusals counted = new MemoryRefusals(device -> refusals[device]);
    private final DeviceWatch watch = new DeviceWatch(counted, () -> released.add("cache"));

    @AfterEach
    void forget() {
        CudaErrors.forget();
    }

    private String train(Callable<String> client) throws Exception {
        return watch.during("client=7", "cuda:1", 1, client);
    }

    private Callable<String> refusedOn(int device) {
        return () -> {
            refusals[device] += 2;
            return "trained";
        };
    }

    @Test
    void shouldFailAClientDuringWhichItsDeviceRanOutOfMemory() {
        assertThatThrownBy(() -> train(refusedOn(1)))
                .isExactlyInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "device memory ran out: client=7, device=cuda:1, refusals=2, limit=0, since cuDNN may then take"
                                + " another algorithm, with other bits; fewer workers on a device, or smaller batches");
        assertThat(released).as("before it is tried again").containsExactly("cache");
    }

    @Test
    void shouldLookAtTheClientsDeviceAlone() throws Exception {
        assertThat(train(refusedOn(0))).isEqualTo("trained");
    }

    @Test
    void shouldAskNothingOnceTheContextIsLost() {
        assertThatThrownBy(() -> train(() -> {
                    refusals[1]++;
                    throw new RuntimeException("CUDA error: device-side assert triggered");
                }))
                .isExactlyInstanceOf(RuntimeException.class);
        assertThat(CudaErrors.lost()).isEqualTo("error=710 (device-side assert triggered)");
        assertThat(released).isEmpty();
    }

    /** CUDA tells what a kernel did at any later call. */
    @Test
    void shouldNoteAnErrorThatCudaTellsAfterTheClient() {
        DeviceWatch late = new DeviceWatch(counted, () -> {
            throw new RuntimeException("CUDA error: misaligned address");
        });
        assertThatThrownBy(() -> late.during("client=7", "cuda:1", 1, refusedOn(1)))
                .hasMessage("CUDA error: misaligned address");
        assertThat(CudaErrors.lost()).isEqualTo("error=716 (misaligned address)");
    }

    @Test
    void shouldKeepTheExceptionOfAClientThatRanOutOfMemory() {
        assertThatThrownBy(() -> train(() -> {
                    refusedOn(1).call();
                    throw new IllegalArgumentException("CUDA out of memory. Tried to allocate 2 GiB");
                }))
                .isExactlyInstanceOf(IllegalArgumentException.class);
        assertThat(released).containsExactly("cache");
    }

    /** As of a capture, after which the step was taken without a graph. Other clients of the device saw it, too. */
    @Test
    void shouldLeaveOutWhatWasExcused() throws Exception {
        Callable<String> fallsBack = () -> {
            long before = counted.count(1);
            refusals[1]++;
            counted.excuse(1, before);
            return "trained";
        };
        assertThat(train(() -> train(fallsBack))).isEqualTo("trained");
        assertThat(released).isEmpty();
        assertThatThrownBy(() -> train(() -> {
                    fallsBack.call();
                    return refusedOn(1).call();
                }))
                .hasMessageContaining("refusals=2, limit=0");
        assertThat(train(() -> "trained")).isEqualTo("trained");
    }

    /** A client that began between a refusal and its excuse has not counted it, and none of its own is left out. */
    @Test
    void shouldNotLeaveOutARefusalForAnother() {
        long before = counted.count(1);
        refusals[1]++;
        assertThatThrownBy(() -> train(() -> {
                    counted.excuse(1, before);
                    refusals[1]++;
                    return "trained";
                }))
                .hasMessageContaining("refusals=1, limit=0");
        assertThatThrownBy(() -> train(() -> {
                    counted.excuse(0, counted.count(0));
                    refusals[1]++;
                    return "trained";
                }))
                .as("of another device")
                .hasMessageContaining("refusals=1, limit=0");
    }

    @Test
    void shouldLeaveClientsAloneWhileThereIsMemory() throws Exception {
        assertThat(train(() -> "trained")).isEqualTo("trained");
        assertThat(released).isEmpty();
    }
}
