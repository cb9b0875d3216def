package org.blazefl4j.example;

import java.time.Duration;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.lab.LabCase;
import org.blazefl4j.lab.LabListener;
import org.blazefl4j.lab.LabOptions;
import org.blazefl4j.lab.LatencyLab;
import org.blazefl4j.lab.Work;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.FailurePolicy;
import org.blazefl4j.trainer.TrainerOptions;

/** The few lines that the pages show without a program around them. */
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

    static void measureRounds() {
        // begin docs/bench.md
        LibTorch.tune();
        LatencyLab lab = new LatencyLab(new LabOptions(100, 20, Duration.ofSeconds(10)), new LabListener() {});
        LabCase which = new LabCase(Work.empty(62_006), ExecutionMode.MULTI_PROCESS, 2, 100);
        lab.measure(which).ifPresent(result -> System.out.println(result.round().p99()));
        // end docs/bench.md
    }
}
