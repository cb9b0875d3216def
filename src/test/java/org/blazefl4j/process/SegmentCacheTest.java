package org.blazefl4j.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.blazefl4j.core.Device;
import org.blazefl4j.cuda.FakeCuda;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.Slot;
import org.blazefl4j.worker.ClientJob;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a worker keeps open, page-locked for results that come from devices. */
final class SegmentCacheTest {

    private static final String ONE_REGISTRATION = "0 blocks, 0 events, 1 registrations";

    @RegisterExtension
    final FakeCuda cuda = new FakeCuda();

    private static Segment slotOf(Device device, Slot slot, SegmentCache cache) {
        ClientJob job = new ClientJob(1, 0, device);
        return JobHeader.of(job, slot, null).slotIn(cache).segment();
    }

    @Test
    void shouldLockThePagesOfResultsThatComeFromADeviceOnce() {
        try (Segment segment = Segment.slotted(2, 1000)) {
            SegmentCache cache = new SegmentCache();
            Segment opened = slotOf(new Device("cuda", 0), new Slot(segment, 0), cache);
            assertThat(slotOf(new Device("cuda", 0), new Slot(segment, 1), cache))
                    .isSameAs(opened);
            assertThat(cuda.leaked()).startsWith(ONE_REGISTRATION);
            cache.close();
            assertThat(cuda.leaked()).isEqualTo("nothing");
        }
    }

    @Test
    void shouldUnlockThePagesOfWhatTwoRoundsDidNotUse() {
        try (Segment segment = Segment.slotted(1, 1000);
                SegmentCache cache = new SegmentCache()) {
            slotOf(new Device("cuda", 0), new Slot(segment, 0), cache);
            cache.nextRound();
            cache.nextRound();
            assertThat(cuda.leaked()).startsWith(ONE_REGISTRATION);
            cache.nextRound();
            assertThat(cuda.leaked()).isEqualTo("nothing");
        }
    }

    @Test
    void shouldLockNoPagesForClientsOnTheProcessor() {
        try (Segment segment = Segment.slotted(1, 1000);
                SegmentCache cache = new SegmentCache()) {
            slotOf(Device.CPU, new Slot(segment, 0), cache);
            assertThat(cuda.leaked()).isEqualTo("nothing");
        }
    }
}
