package org.blazefl4j.example;

import java.time.Duration;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.trainer.FailurePolicy;
import org.blazefl4j.trainer.TrainerOptions;

/** Short pieces of code on the pages, without a program around them. */
final class ShortExamples {

    private ShortExamples() {}

    static TrainerOptions failurePolicy() {
        // begin docs/guide.md
        TrainerOptions options = TrainerOptions.builder()
                .onClientFailure(FailurePolicy.retry(3).thenDrop())
                .clientTimeLimit(Duration.ofMinutes(2))
                .build();
        // end docs/guide.md
        return options;
    }

    static void tellOfDroppedClients(ClientTrainer<?, ?> trainer, ServerHandler<?, ?> handler) {
        // begin docs/guide.md
        trainer.dropped().forEach(failure -> handler.drop(failure.clientId()));
        // end docs/guide.md
    }
}
