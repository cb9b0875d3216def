package org.blazefl4j.trainer;

import java.util.List;
import org.blazefl4j.core.ClientEvaluator;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.worker.ClientJob;
import org.blazefl4j.worker.RoundWork;
import org.blazefl4j.worker.SideWork;
import org.blazefl4j.worker.WorkerCall;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The clients of {@link org.blazefl4j.core.ClientTrainer#evaluate}: those of a round, whose devices, configurations and
 * states they have, with another function.
 *
 * @param clients the clients as the next round would train them
 */
record ClientEvaluation<C, D, R>(
        RoundWork<C, D, ?> clients, ClientEvaluator<C, ? super D, R> sideFunction, TrainerOptions options)
        implements SideRoundWork<C, D, R> {

    @Override
    public SideWork side() {
        return SideWork.EVALUATION;
    }

    @Override
    public int round() {
        return clients.round();
    }

    @Override
    public List<Integer> ids() {
        return clients.ids();
    }

    @Override
    public ClientWorker<C, ? super D, R> function() {
        return WorkerCall.ofEvaluator(sideFunction);
    }

    @Override
    public D payload() {
        return clients.payload();
    }

    @Override
    public ClientJob job(int index) {
        ClientJob trained = clients.job(index);
        return new ClientJob(trained.clientId(), round(), trained.device(), side());
    }

    @Override
    public C config(int index) {
        return clients.config(index);
    }

    @Override
    public @Nullable Tensor state(int index) {
        return clients.state(index);
    }

    @Override
    public ClientFailedException failure(int index, int worker, @Nullable String reason, @Nullable Throwable cause) {
        return ClientFailedException.ofEvaluation(ids().get(index), round(), worker, reason, cause);
    }
}
