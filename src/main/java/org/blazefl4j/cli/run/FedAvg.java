package org.blazefl4j.cli.run;

import java.util.Map;

/** Federated averaging, which has no settings of its own. */
public record FedAvg() implements Algorithm {

    @Override
    public AlgorithmName name() {
        return AlgorithmName.FEDAVG;
    }

    @Override
    public String describe() {
        return "";
    }

    @Override
    public Map<String, Object> toMap() {
        return Map.of();
    }

    @Override
    public Federation<?, ?> federation(RunSettings settings, RunData data) {
        return new FedAvgFederation(settings, data);
    }
}
