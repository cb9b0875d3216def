package org.blazefl4j.core;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What a trainer of the user's own need not implement. */
final class ClientTrainerTest {

    private static final class Own implements StreamingTrainer<String> {

        @Override
        public void localProcess(String payload, List<Integer> cids, Consumer<? super String> sink) {
            throw new AssertionError("is not trained");
        }
    }

    @Test
    void shouldRefuseToEvaluateClientsByDefault() {
        assertThatThrownBy(() -> new Own().evaluate("model", List.of(1), (config, payload, context) -> 1))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("clients cannot be evaluated: trainer=" + Own.class.getName()
                        + ", expected=a trainer that overrides evaluate; use one of ExecutionMode.trainer");
    }
}
