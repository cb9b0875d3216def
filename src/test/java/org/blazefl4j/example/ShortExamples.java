package org.blazefl4j.example;

import java.time.Duration;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.Schedule;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.torch.StepRule;
import org.blazefl4j.trainer.FailurePolicy;
import org.blazefl4j.trainer.TrainerOptions;

/** Short pieces of code on the pages, without a program around them. */
final class ShortExamples {

    private ShortExamples() {}

    static LocalOptions localTraining() {
        // begin docs/guide.md
        LocalOptions options = LocalOptions.of(new SgdOptions(5, 50, 0.05))
                .withRule(StepRule.sgd().withMomentum(0.9).withWeightDecay(5e-4))
                .withSchedule(Schedule.cosine(200, 0).withWarmUp(5))
                .withMaxGradNorm(10);
        // end docs/guide.md
        return options;
    }

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
