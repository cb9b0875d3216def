package org.blazefl4j.cli.run;

/** Federated averaging, which has no options of its own. */
final class FedAvg implements Algorithm {

    @Override
    public Federation<?, ?> federation(RunOptions options, RunData data) {
        return new FedAvgFederation(options, data);
    }
}
