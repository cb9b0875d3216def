package org.blazefl4j.cli;

import java.io.PrintStream;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;

/** Tells at the end of each round which clients had to be trained again and which the round did without. */
final class FailureNotes implements RoundListener<Object> {

    private final ClientTrainer<?, ?> trainer;
    private final PrintStream out;

    /** Notes of a trainer's rounds, one line for each failure. */
    FailureNotes(ClientTrainer<?, ?> trainer, PrintStream out) {
        this.trainer = trainer;
        this.out = out;
    }

    @Override
    public void roundFinished(RoundReport report) {
        trainer.retried().forEach(failure -> note("trained again", failure));
        trainer.dropped().forEach(failure -> note("dropped", failure));
    }

    /** What follows a message's first line is a worker's last lines or a crash report. */
    private void note(String outcome, ClientFailedException failure) {
        out.println(outcome + ": " + failure.getMessage().lines().findFirst().orElseThrow());
    }
}
