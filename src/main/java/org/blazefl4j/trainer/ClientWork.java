package org.blazefl4j.trainer;

import java.util.List;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.ShardFunction;
import org.blazefl4j.worker.ClientJob;
import org.blazefl4j.worker.UplinkBuffers;
import org.bytedeco.pytorch.Tensor;

/**
 * The clients of one call of {@code localProcess}.
 *
 * @param <C> the client's configuration
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
final class ClientWork<C, D, U> implements RoundWork<C, D, U> {

    private final AbstractClientTrainer<C, D, U> trainer;
    private final int round;
    private final List<Integer> cids;
    private final PackageCache<U> cache;

    /**
     * What is trained in a round.
     *
     * @param cids none twice
     * @param cache takes what is not handed over to a sink
     */
    ClientWork(AbstractClientTrainer<C, D, U> trainer, int round, List<Integer> cids, PackageCache<U> cache) {
        this.trainer = trainer;
        this.round = round;
        this.cids = cids;
        this.cache = cache;
    }

    @Override
    public List<Integer> ids() {
        return cids;
    }

    @Override
    public ClientWorker<C, D, U> function() {
        return trainer.worker();
    }

    @Override
    public ShardFunction<?, ?> shardFunction() {
        return null;
    }

    @Override
    public FailurePolicy policy() {
        return trainer.options().onClientFailure();
    }

    @Override
    public ClientFailedException failure(int index, int worker, String reason, Throwable cause) {
        return new ClientFailedException(cids.get(index), round, worker, reason, cause);
    }

    @Override
    public ClientFailedException failure(int index, int worker, Throwable cause) {
        return new ClientFailedException(cids.get(index), round, worker, cause);
    }

    @Override
    public ClientJob job(int index) {
        int cid = cids.get(index);
        return new ClientJob(cid, round, trainer.getClientDevice(cid));
    }

    @Override
    public C config(int index) {
        return trainer.getClientConfig(cids.get(index));
    }

    @Override
    public UplinkBuffers<U> buffers() {
        return trainer.buffers();
    }

    @Override
    public int slots() {
        return trainer.buffers().slots();
    }

    @Override
    public Tensor state(int index) {
        return trainer.states().read(cids.get(index));
    }

    @Override
    public void stage(int index, Tensor state) {
        trainer.states().stage(cids.get(index), state);
    }

    @Override
    public void commit() {
        trainer.commitStates();
    }

    @Override
    public Iterable<Integer> progress() {
        return trainer.progressFn(cids);
    }

    @Override
    public U converted(U uplink) {
        return trainer.convertBufferToUplink(uplink);
    }

    @Override
    public void keep(U uplink) {
        cache.add(uplink);
    }
}
