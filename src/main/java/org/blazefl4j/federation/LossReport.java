package org.blazefl4j.federation;

import org.blazefl4j.contrib.common.Evaluation;

/**
 * Sends {@code loss}, of the model that a client starts from on its training samples, and {@code squared_loss}, the
 * mean of these samples' squared losses, and then does the rest.
 */
record LossReport(LocalObjective rest) implements LocalObjective {

    @Override
    public void train(LocalRun run) {
        Evaluation found = run.evaluation(run.start());
        run.send("loss", found.loss());
        run.send("squared_loss", found.squaredLoss());
        rest.train(run);
    }

    @Override
    public void personalise(LocalRun run) {
        rest.personalise(run);
    }

    @Override
    public int vectors() {
        return rest.vectors();
    }
}
