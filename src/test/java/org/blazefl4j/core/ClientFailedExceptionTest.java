package org.blazefl4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientFailedExceptionTest {

    @ParameterizedTest
    @ValueSource(strings = {"\n\nException raised from check at x.cpp:1\nframe #0: y", "\nframe #0: y\nframe #1: z"})
    void shouldLeaveLibTorchsNativeStackToTheCause(String stack) {
        RuntimeException cause = new RuntimeException("size mismatch" + stack);

        assertThat(new ClientFailedException(3, 1, 0, null, cause))
                .hasMessage("client failed: client=3, round=2, worker=0: java.lang.RuntimeException: size mismatch")
                .hasCause(cause);
    }

    @Test
    void shouldKeepItsClassAfterSeveralAttempts() {
        ClientFailedException first = new ClientFailedException(3, 1, 0, "first", null);
        ClientFailedException last = new ClientFailedException(3, 1, 2, "last", null);

        assertThat(WorkFailedException.ofAttempts(List.of(first, last)))
                .isInstanceOf(ClientFailedException.class)
                .hasMessage("client failed: client=3, round=2, worker=2, attempts=2: last")
                .hasSuppressedException(first);
        assertThat(WorkFailedException.ofAttempts(List.of(last))).isSameAs(last);
    }
}
