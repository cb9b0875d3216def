package org.blazefl4j.benchmarks;

import java.util.List;
import org.blazefl4j.trainer.ExecutionMode;

/**
 * A target of this project on two cores.
 *
 * @param what the target in words
 * @param measurement the name of the measurement
 * @param unit the unit of limits on values
 * @param least the limit that must be met
 * @param aim the limit to aim for
 */
record Target(String what, String measurement, String unit, Limit least, Limit aim) {

    /** All targets. */
    static final List<Target> ALL = List.of(
            new Target(
                    "empty round, 62 006 floats, 100 clients, processes, collected; aim over the bound",
                    emptyRound(62_006, ExecutionMode.MULTI_PROCESS),
                    "ms",
                    Limit.valueAtMost(4),
                    Limit.ratioAtMost(1.5)),
            new Target(
                    "the same in threads",
                    emptyRound(62_006, ExecutionMode.MULTI_THREADED),
                    "ms",
                    Limit.valueAtMost(3),
                    Limit.ratioAtMost(1.2)),
            new Target(
                    "empty round, 11.2 M floats, 100 clients, processes, streaming; aim over the bound",
                    emptyRound(11_191_262, ExecutionMode.MULTI_PROCESS),
                    "ms",
                    Limit.valueAtMost(600),
                    Limit.ratioAtMost(1.2)),
            new Target(
                    "FedAvg CNN, threads, over bare loops",
                    "fedavg multi-threaded",
                    "steps/s",
                    Limit.ratioAtLeast(0.97),
                    Limit.ratioAtLeast(0.99)),
            new Target(
                    "FedAvg CNN, processes, over bare loops",
                    "fedavg multi-process",
                    "steps/s",
                    Limit.ratioAtLeast(0.97),
                    Limit.ratioAtLeast(0.99)),
            new Target(
                    "a client of 20 samples beyond its step, threads",
                    "small multi-threaded",
                    "us/client",
                    Limit.valueAtMost(30),
                    Limit.valueAtMost(20)),
            new Target(
                    "the same in processes",
                    "small multi-process",
                    "us/client",
                    Limit.valueAtMost(60),
                    Limit.valueAtMost(40)),
            new Target(
                    "FedProx, CNN, processes, over FedAvg",
                    "algorithm fedprox multi-process",
                    "steps/s",
                    Limit.ratioAtLeast(0.95),
                    Limit.ratioAtLeast(1)),
            new Target(
                    "FedNova, CNN, processes, over FedAvg",
                    "algorithm fednova multi-process",
                    "steps/s",
                    Limit.ratioAtLeast(0.95),
                    Limit.ratioAtLeast(1)),
            new Target(
                    "FedAvgM, CNN, processes, over FedAvg",
                    "algorithm momentum multi-process",
                    "steps/s",
                    Limit.ratioAtLeast(0.95),
                    Limit.ratioAtLeast(1)),
            new Target(
                    "FedAdam, CNN, processes, over FedAvg",
                    "algorithm adam multi-process",
                    "steps/s",
                    Limit.ratioAtLeast(0.95),
                    Limit.ratioAtLeast(1)),
            new Target(
                    "FedDyn, CNN, processes, over FedAvg",
                    "algorithm feddyn multi-process",
                    "steps/s",
                    Limit.ratioAtLeast(0.9),
                    Limit.ratioAtLeast(0.97)),
            new Target(
                    "SCAFFOLD, CNN, processes, over FedAvg",
                    "algorithm scaffold multi-process",
                    "steps/s",
                    Limit.ratioAtLeast(0.9),
                    Limit.ratioAtLeast(0.97)),
            new Target(
                    "a run that writes all files of results, processes, over one that writes none",
                    "files multi-process",
                    "rounds/s",
                    Limit.ratioAtLeast(0.99),
                    Limit.ratioAtLeast(1)),
            new Target(
                    "CNN step over a plain NCHW step",
                    "step cnn",
                    "steps/s",
                    Limit.ratioAtLeast(1.2),
                    Limit.ratioAtLeast(1.6)),
            new Target(
                    "ResNet-18 step over the same",
                    "step resnet18",
                    "steps/s",
                    Limit.ratioAtLeast(1.15),
                    Limit.ratioAtLeast(1.4)),
            new Target(
                    "engine, CNN 3×32×32, batches of 50, over LibTorch's flat step",
                    "engine cnn 3x32x32 batch=50",
                    "steps/s",
                    Limit.ratioAtLeast(2.5),
                    Limit.ratioAtLeast(3.5)),
            new Target(
                    "the same in batches of 32",
                    "engine cnn 3x32x32 batch=32",
                    "steps/s",
                    Limit.ratioAtLeast(3),
                    Limit.ratioAtLeast(4)),
            new Target(
                    "engine, CNN 1×28×28, batches of 50",
                    "engine cnn 1x28x28 batch=50",
                    "steps/s",
                    Limit.ratioAtLeast(2.5),
                    Limit.ratioAtLeast(3.5)),
            new Target(
                    "engine, MLP 784-200-10, batches of 10",
                    "engine 784-200-10 batch=10",
                    "steps/s",
                    Limit.ratioAtLeast(6),
                    Limit.ratioAtLeast(9)),
            new Target(
                    "engine, McMahan's CNN, batches of 10",
                    "engine mcmahan 1x28x28 batch=10",
                    "steps/s",
                    Limit.ratioAtLeast(1.3),
                    Limit.ratioAtLeast(2)),
            new Target(
                    "exact fold of 100 × 11.2 M floats, all resident, one core; over a vectorised sum of the same",
                    fold(100),
                    "ms",
                    Limit.ratioAtMost(1.5),
                    Limit.ratioAtMost(1.25)),
            new Target(
                    "the same fold of as many as a streaming round holds together",
                    fold(5),
                    "ms",
                    Limit.ratioAtMost(2.2),
                    Limit.ratioAtMost(1.7)),
            new Target(
                    "pool of two workers, from its constructor until both are ready",
                    "start workers=2",
                    "s",
                    Limit.valueAtMost(0.9),
                    Limit.valueAtMost(0.5)),
            new Target(
                    "a client's cost in rounds of 10 000 over rounds of 100, threads",
                    "clients multi-threaded clients=10000",
                    "us/client",
                    Limit.ratioAtMost(1.1),
                    Limit.ratioAtMost(1)),
            new Target(
                    "a client's cost in rounds of 10 000 over rounds of 100, processes",
                    "clients multi-process clients=10000",
                    "us/client",
                    Limit.ratioAtMost(1.1),
                    Limit.ratioAtMost(1)),
            new Target(
                    "all segments, 10 000 ResNet-18 clients in a round, two workers",
                    "memory segments clients=10000",
                    "GB",
                    Limit.valueAtMost(0.3),
                    Limit.valueAtMost(0.2)));

    private static String emptyRound(int floats, ExecutionMode mode) {
        return "EmptyRound.round clients=100 floats=" + floats + " mode=" + mode.name() + " workers=2";
    }

    private static String fold(int together) {
        return "Fold.together clients=100 floats=11191262 together=" + together;
    }

    /** Returns which limit is met: {@code aim}, {@code yes} for the least, or {@code no}. */
    String verdict(Measurement measured) {
        if (aim.isMetBy(measured)) {
            return "aim";
        }
        return least.isMetBy(measured) ? "yes" : "no";
    }
}
