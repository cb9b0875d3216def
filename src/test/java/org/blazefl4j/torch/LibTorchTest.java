package org.blazefl4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.blazefl4j.util.Slow;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.junit.jupiter.api.Test;

@Slow
class LibTorchTest {

    private static final String MEMORY_CHECK = "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0";
    private static final String MALLOC =
            "MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=536870912 MALLOC_TOP_PAD_=67108864";

    @Test
    void shouldKeepOpenBlasToOneThread() {
        LibTorch.load();

        assertThat(openblas_nolapack.blas_get_num_threads()).isEqualTo(1);
    }

    @Test
    void shouldNameTheFlagsWhenNothingIsTuned() throws Exception {
        assertThat(TuningProgram.run(List.of())).containsExactly(MEMORY_CHECK, MALLOC, "property null");
    }

    @Test
    void shouldNameNothingWhenStartedWithItsFlags() throws Exception {
        List<String> flags = Stream.concat(Stream.of(MEMORY_CHECK), Stream.of(MALLOC.split(" ")))
                .toList();

        assertThat(TuningProgram.run(flags, "load-from-many-threads")).containsExactly("property 0");
    }

    @Test
    void shouldTuneOnceFromManyThreads() throws Exception {
        assertThat(TuningProgram.run(List.of(), "tune-from-many-threads", "tune"))
                .containsExactly("property 0");
    }

    @Test
    void shouldNameSettingsItCannotTuneAfterJavaCppWasUsed() throws Exception {
        assertThat(TuningProgram.run(List.of(), "use-javacpp", "tune")).containsExactly(MEMORY_CHECK, "property null");
    }

    @Test
    void shouldLeaveTheUsersLimitAlone() throws Exception {
        String limit = "-Dorg.bytedeco.javacpp.maxPhysicalBytes=20g";

        assertThat(TuningProgram.run(List.of(limit), "tune")).containsExactly(MEMORY_CHECK, "property 20g");
    }
}
