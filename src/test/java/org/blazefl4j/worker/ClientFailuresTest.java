package org.blazefl4j.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Filter;
import java.util.logging.Logger;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.core.ShardFailedException;
import org.junit.jupiter.api.Test;

final class ClientFailuresTest {

    @Test
    void shouldNotCallAShardAClientInItsLog() {
        List<String> logged = new ArrayList<>();
        Logger logger = Logger.getLogger(ClientFailures.class.getName());
        Filter before = logger.getFilter();
        logger.setFilter(message -> !logged.add(message.getMessage()));
        try {
            ShardFailedException failure = new ShardFailedException("evaluation", 5, 1, "it broke", null);
            FailureRules rules = new FailureRules(2, false, NonFinitePolicy.WARN);

            assertThat(new ClientFailures(rules).add(5, failure, false, false)).isEqualTo(FailureDecision.RETRY);
            assertThat(logged).containsExactly("tried again: retry=1, limit=2; " + failure.getMessage());
        } finally {
            logger.setFilter(before);
        }
    }
}
