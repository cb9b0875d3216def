package org.blazefl4j.cli.run;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.model.ModelName;

/**
 * DS-FL, federated distillation.
 *
 * @param openSize how many training images are open; null for the algorithm's own default
 * @param openSizePerRound how many of them clients label in a round
 * @param eraTemperature the temperature of the entropy reduction
 * @param distillation how clients and server learn the global labels
 * @param clientModels the clients' models, dealt in turn; null for the server's
 * @param evaluateClients whether clients evaluate their own models
 */
record Dsfl(
        Integer openSize,
        int openSizePerRound,
        double eraTemperature,
        SgdOptions distillation,
        List<ModelName> clientModels,
        boolean evaluateClients)
        implements Algorithm {

    @Override
    public AlgorithmName name() {
        return AlgorithmName.DSFL;
    }

    @Override
    public String describe() {
        String models = clientModels == null ? "" : ", clients' models " + clientModels;
        return openSizePerRound + " open images a round, temperature " + eraTemperature + ", distillation "
                + distillation.epochs() + (distillation.epochs() == 1 ? " epoch" : " epochs") + ", batch "
                + distillation.batchSize() + ", lr " + distillation.lr()
                + models;
    }

    @Override
    public Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("open_size", openSize);
        map.put("open_size_per_round", openSizePerRound);
        map.put("era_temperature", eraTemperature);
        map.put("kd_epochs", distillation.epochs());
        map.put("kd_batch_size", distillation.batchSize());
        map.put("kd_lr", distillation.lr());
        map.put(
                "client_models",
                clientModels == null
                        ? null
                        : clientModels.stream().map(ModelName::toString).toList());
        map.put("evaluate_clients", evaluateClients);
        return map;
    }

    /** The models of the clients 0, 1, ... */
    List<ModelName> modelsOf(int numClients, ModelName servers) {
        List<ModelName> dealt = clientModels == null ? List.of(servers) : clientModels;
        return IntStream.range(0, numClients)
                .mapToObj(cid -> dealt.get(cid % dealt.size()))
                .toList();
    }

    @Override
    public Federation<?, ?> federation(RunSettings settings, RunData data) {
        return new DsflFederation(this, settings, data);
    }
}
