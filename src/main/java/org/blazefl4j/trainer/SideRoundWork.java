package org.blazefl4j.trainer;

import org.blazefl4j.worker.FailureRules;
import org.blazefl4j.worker.RoundWork;
import org.blazefl4j.worker.SideWork;
import org.bytedeco.pytorch.Tensor;

/**
 * What all work between rounds has in common: it is dealt like clients, but keeps no states, calls no hooks, and none
 * of it can be dropped.
 *
 * @param <C> the client's configuration, or the shard
 * @param <P> the payload
 * @param <R> the result of one client or shard
 */
interface SideRoundWork<C, P, R> extends RoundWork<C, P, R> {

    TrainerOptions options();

    @Override
    SideWork side();

    @Override
    default int slots() {
        return options().slots();
    }

    @Override
    default FailureRules rules() {
        return options().onClientFailure().betweenRounds().rules(options().onNonFinite());
    }

    @Override
    default void stage(int index, Tensor state) {
        state.close();
        throw new IllegalStateException("no state is kept between rounds: work=" + side().name() + ", index=" + index
                + "; keep states of clients that are trained");
    }
}
