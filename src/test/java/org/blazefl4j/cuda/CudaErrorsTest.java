package org.blazefl4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CudaErrorsTest {

    private static final String HELP = "\nSearch for `cudaErrorX' in the documentation of CUDA for more information."
            + "\nCUDA kernel errors might be asynchronously reported at some other API call";

    @AfterEach
    void forget() {
        CudaErrors.forget();
    }

    @ParameterizedTest
    @CsvSource({
        "700,an illegal memory access was encountered",
        "702,the launch timed out and was terminated",
        "710,device-side assert triggered",
        "715,an illegal instruction was encountered",
        "716,misaligned address",
        "719,unspecified launch failure",
        "999,unknown error"
    })
    void shouldKnowErrorsAfterWhichCudaWorksNoMore(int number, String words) {
        RuntimeException thrown = new RuntimeException("CUDA error: " + words + HELP);

        assertThat(CudaErrors.sticky(thrown)).isEqualTo("error=" + number + " (" + words + ")");
        assertThat(CudaErrors.sticky(new IllegalStateException("training failed", thrown)))
                .isEqualTo("error=" + number + " (" + words + ")");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CUDA out of memory. Tried to allocate 20.00 MiB.",
                "CUDA error: out of memory",
                "CUDA error: invalid argument",
                "CUDA error: CUBLAS_STATUS_NOT_SUPPORTED when calling `cublasSgemm`",
                "an illegal memory access was encountered",
                "null"
            })
    void shouldLeaveOtherErrorsToTheClient(String message) {
        assertThat(CudaErrors.sticky(new RuntimeException(message))).isNull();
    }

    @Test
    void shouldEndWithEndlessCauses() {
        Exception one = new Exception("one");
        one.initCause(new Exception("two", one));

        assertThat(CudaErrors.sticky(one)).isNull();
    }

    @Test
    void shouldKeepTheFirst() {
        CudaErrors.note(new RuntimeException("CUDA error: invalid argument"));
        assertThat(CudaErrors.lost()).isNull();
        CudaErrors.note(new RuntimeException("CUDA driver error: misaligned address"));
        CudaErrors.note(new RuntimeException("CUDA error: unspecified launch failure"));
        assertThat(CudaErrors.lost()).isEqualTo("error=716 (misaligned address)");
    }
}
