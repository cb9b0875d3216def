package org.blazefl4j.contrib.fedavg;

import java.util.List;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.WeightedSum;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.FederationServer;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The server of federated averaging (B. McMahan et al.: Communication-Efficient Learning of Deep Networks from
 * Decentralized Data, AISTATS 2017): the new global model is the mean of the clients' models, weighted by their data
 * sizes.
 *
 * <p>{@link #load} adds each package to an exact sum, whose order changes no bit, so memory does not grow with the
 * number of clients.
 *
 * <pre>{@code
 * try (FedAvgServerHandler handler =
 *         new FedAvgServerHandler(selector, ModelName.CNN, data, ServerOptions.of(15, 100))) {
 *     ...
 * }
 * }</pre>
 *
 * <p>Owns the global model and the packages that {@link #downlinkPackage()} returns; the data stays the caller's.
 */
public final class FedAvgServerHandler extends FederationServer<FedAvgDownlinkPackage, FedAvgUplinkPackage> {

    /**
     * Makes a server before its first round.
     *
     * @param selector makes the model
     * @param dataset holds the common samples to evaluate on as {@link PartitionType#TEST}
     * @throws IllegalArgumentException if there are no test samples, the model does not fit them, or the CUDA device
     *     does not exist
     */
    public <N extends Enum<N>> FedAvgServerHandler(
            ModelSelector<N> selector, N modelName, PartitionedDataset<PartitionType> dataset, ServerOptions options) {
        super(
                Federation.of(selector, modelName, dataset, options),
                broadcast -> new FedAvgDownlinkPackage(broadcast.parameters()));
    }

    /**
     * Returns the mean of clients' parameters, weighted by their data sizes, from an exact sum: in any order the same
     * bits.
     *
     * @param uplinks all of one length; they stay the caller's
     * @return float32, shape [numel]; the caller owns it
     * @throws IllegalArgumentException if the list is empty, or a package has no samples, another length or another
     *     dtype than float32
     */
    public static Tensor aggregate(List<FedAvgUplinkPackage> uplinks) {
        Arguments.require(!uplinks.isEmpty(), "nothing to aggregate: packages=0, limit=1 or more");
        Tensor first = uplinks.get(0).parameters();
        long numel = Tensors.isOpen(first) ? first.numel() : 0; // which is then refused
        try (WeightedSum sum = new WeightedSum("parameters", numel)) {
            uplinks.forEach(uplink -> sum.stage(uplink.cid(), uplink.dataSize(), uplink.parameters()));
            Tensor mean = torch.empty(numel);
            sum.mean(mean);
            return mean;
        }
    }
}
