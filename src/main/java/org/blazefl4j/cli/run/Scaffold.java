package org.blazefl4j.cli.run;

import java.util.LinkedHashMap;
import java.util.Map;
import org.blazefl4j.contrib.common.Weighting;

/**
 * SCAFFOLD.
 *
 * @param serverLr how far the global model goes towards the mean of the clients' models
 * @param weighting how much each client counts
 */
record Scaffold(double serverLr, Weighting weighting) implements Algorithm {

    @Override
    public AlgorithmName name() {
        return AlgorithmName.SCAFFOLD;
    }

    @Override
    public String describe() {
        return "server lr " + serverLr + ", weighting " + weighting;
    }

    @Override
    public Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("server_lr", serverLr);
        map.put("weighting", weighting.toString());
        return map;
    }

    @Override
    public Federation<?, ?> federation(RunSettings settings, RunData data) {
        return new ScaffoldFederation(this, settings, data);
    }
}
