package org.blazefl4j.example;

import java.util.Map;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.LocalModel;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.SgdClients;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.fedavg.FedAvgDownlinkPackage;
import org.blazefl4j.contrib.fedavg.FedAvgUplinkPackage;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.WorkerContext;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * FedProx (T. Li et al.: Federated Optimization in Heterogeneous Networks, MLSys 2020): FedAvg's clients, with steps
 * that are drawn back to the global model by {@code mu / 2} times the square of the distance. Its server is FedAvg's.
 */
final class FedProx extends SgdClients<FedAvgDownlinkPackage, FedAvgUplinkPackage> {

    private final double mu;

    <N extends Enum<N>> FedProx(
            ModelSelector<N> models,
            N model,
            PartitionedDataset<PartitionType> data,
            int clients,
            SgdOptions options,
            double mu) {
        super(models, model, data, clients, options);
        this.mu = mu;
    }

    @Override
    public ClientWorker<ClientConfig, FedAvgDownlinkPackage, FedAvgUplinkPackage> worker() {
        double strength = mu;
        return (config, global, context) -> train(config, global.parameters(), strength, context);
    }

    @Override
    public FedAvgUplinkPackage prepareUplinkPackageBuffer() {
        return new FedAvgUplinkPackage(0, torch.empty(numel()), 0, Map.of());
    }

    private static FedAvgUplinkPackage train(ClientConfig config, Tensor global, double mu, WorkerContext context) {
        Tensor result = context.<FedAvgUplinkPackage>uplinkBuffer().parameters();
        LocalModel model = LocalModel.of(config.model(), context);
        model.train(config, global, local -> local.sub(global).mul(new Scalar(mu)), result, context);
        return new FedAvgUplinkPackage(
                context.clientId(), result, config.dataset().size(), Map.of());
    }
}
