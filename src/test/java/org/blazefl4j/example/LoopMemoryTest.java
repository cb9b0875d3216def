package org.blazefl4j.example;

import static org.assertj.core.api.Assertions.assertThat;

import examples.RoundLoop;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.util.Slow;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;

/** The README's loop closes all that it creates. */
@Slow
final class LoopMemoryTest {

    /** JavaCPP counts memory until it is freed, so memory left to the collector counts. */
    @Test
    void shouldLeaveNoNativeMemoryBehind() {
        SgdOptions options = SgdOptions.defaults().withEpochs(1);
        RoundLoop.run(ExecutionMode.MULTI_PROCESS, 1, 20, options); // creates what the process keeps
        long before = Pointer.totalCount();

        RoundLoop.run(ExecutionMode.MULTI_PROCESS, 1, 20, options);

        assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
    }
}
