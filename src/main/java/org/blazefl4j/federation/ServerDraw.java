package org.blazefl4j.federation;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.LocalModel;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.core.Workers;
import org.blazefl4j.reproducibility.RandomStreams;
import org.bytedeco.pytorch.Tensor;

/** What a server shows its sampler in a round: the federation, and the models that clients are to receive. */
record ServerDraw(Federation federation, int round, List<Tensor> models, Workers workers)
        implements ClientSampler.Draw {

    /** What workers need to evaluate models on clients' samples. */
    private record Asked(List<Tensor> models, List<ClientConfig> clients) {}

    @Override
    public int numClients() {
        return federation.server().numClients();
    }

    @Override
    public int clientsPerRound() {
        return federation.server().clientsPerRound();
    }

    @Override
    public long dataSize(int cid) {
        return federation.dataset().size(PartitionType.TRAIN, cid);
    }

    @Override
    public RandomGenerator random(String purpose) {
        return RandomStreams.random(federation.server().seed(), RandomStreams.SERVER, round, purpose);
    }

    @Override
    public List<Double> losses(List<Integer> cids) {
        if (workers.count() == 0) {
            throw new IllegalStateException("no workers to ask clients: round=" + (round + 1)
                    + ", expected=the trainer's; call sampleClients(trainer.workers())");
        }
        List<ClientConfig> clients = new ArrayList<>();
        for (int cid : cids) {
            var samples = federation.dataset().getDataset(PartitionType.TRAIN, cid);
            clients.add(new ClientConfig(federation.model(), samples, federation.local()));
        }
        workers.share(clients);
        return workers.map("losses of clients", new Asked(models, clients), clients.size(), ServerDraw::loss);
    }

    private static double loss(int index, Asked asked, WorkerContext context) {
        double least = Double.NaN;
        for (Tensor model : asked.models) {
            double loss = LocalModel.evaluate(asked.clients.get(index), PartitionType.TRAIN, model, context)
                    .loss();
            least = Double.compare(loss, least) < 0 ? loss : least; // NaN is the largest
        }
        return least;
    }
}
