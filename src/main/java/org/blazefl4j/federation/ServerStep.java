package org.blazefl4j.federation;

import java.util.List;
import org.blazefl4j.reproducibility.RandomStreams;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;

/**
 * A server's round, as the parts see it that move its model.
 *
 * @param seed of the server's streams
 * @param round from 0
 * @param clients the number of clients whose packages were combined
 * @param numClients the number of clients in the federation
 * @param sent the model that clients received, float32, shape [numel]; read-only
 * @param kept the optimizer's vectors, float64, shape [numel], which it changes in place
 */
public record ServerStep(long seed, int round, int clients, int numClients, Tensor sent, List<Tensor> kept) {

    /** Returns a new generator at the start of the server's stream of this round. The caller closes it. */
    public Generator generator(String purpose) {
        return RandomStreams.generator(seed, RandomStreams.SERVER, round, purpose);
    }
}
