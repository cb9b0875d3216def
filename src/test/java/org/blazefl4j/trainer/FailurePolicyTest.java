package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FailurePolicyTest {

    @Test
    void shouldPrintAsItIsWritten() {
        assertThat(FailurePolicy.failFast()).hasToString("failFast()").isEqualTo(FailurePolicy.retry(0));
        assertThat(FailurePolicy.drop())
                .hasToString("drop()")
                .isEqualTo(FailurePolicy.failFast().thenDrop());
        assertThat(FailurePolicy.retry(255)).hasToString("retry(255)");
        assertThat(FailurePolicy.retry(2).thenDrop())
                .hasToString("retry(2).thenDrop()")
                .isEqualTo(new FailurePolicy(2, true));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 256})
    void shouldRefuseRetriesOutOfRange(int retries) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FailurePolicy.retry(retries))
                .withMessage("retries out of range: retries=" + retries
                        + ", limit=[0, 255]; choose a value within the limit");
    }
}
