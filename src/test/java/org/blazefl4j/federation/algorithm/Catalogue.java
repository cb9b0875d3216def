package org.blazefl4j.federation.algorithm;

import java.util.function.UnaryOperator;
import org.blazefl4j.contrib.common.Schedule;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.ParameterMask;
import org.blazefl4j.federation.Weighting;

/** All algorithms, with settings under which none of their parts is neutral: {@link AlgorithmConformanceTest}. */
enum Catalogue {
    FEDAVG(federation -> federation),
    FEDBN(PersonalAlgorithms.fedBn()),
    FEDPER(PersonalAlgorithms.fedPer(ParameterMask.lastLayers(1))),
    FEDREP(PersonalAlgorithms.fedRep(ParameterMask.lastLayers(1), 2)),
    FEDBABU(PersonalAlgorithms.fedBabu(ParameterMask.lastLayers(1))),
    DITTO(PersonalAlgorithms.ditto(0.1)),
    APFL(PersonalAlgorithms.apfl(0.3, true)),
    PFEDME(PersonalAlgorithms.pFedMe(15, 2, 0.05, 0.9)),
    PER_FEDAVG(PersonalAlgorithms.perFedAvg(0.01)),
    PER_FEDAVG_HF(PersonalAlgorithms.perFedAvg(0.01, 0.001)),
    LG_FEDAVG(PersonalAlgorithms.lgFedAvg(ParameterMask.firstLayers(1))),
    FEDPROX(Algorithms.fedProx(0.1)),
    FEDNOVA(federation ->
            federation.local(federation.local().withStragglers(0.5)).with(Algorithms.fedNova(Weighting.BY_SAMPLES))),
    FEDDYN(Algorithms.fedDyn(0.1, Weighting.BY_SAMPLES)),
    FEDAVGM(federation -> federation.serverOptimizer(ServerOptimizers.sgd(0.9, 0.5))),
    NESTEROV(federation -> federation.serverOptimizer(
            ServerOptimizers.scheduled(ServerOptimizers.nesterov(0.9, 0.5), Schedule.exponential(0.8)))),
    FEDADAGRAD(federation -> federation.serverOptimizer(ServerOptimizers.adagrad(0.1))),
    FEDYOGI(federation -> federation.serverOptimizer(ServerOptimizers.yogi(0.01))),
    FEDADAM(federation -> federation.serverOptimizer(ServerOptimizers.adam(0.01).withBiasCorrection())),
    TRANSFORMED(federation -> federation.uplink(Transforms.clipNorm(0.1)).aggregate(Transforms.gaussianNoise(0.01))),
    SCAFFOLD(Algorithms.scaffold(0.9, Weighting.UNIFORM)),
    SCAFFOLD_FULL_GRADIENTS(Algorithms.scaffoldWithFullGradients(0.9, Weighting.BY_SAMPLES)),
    Q_FEDAVG(Algorithms.qFedAvg(2)),
    MOON(Algorithms.moon(1, 0.5)),
    IFCA(Algorithms.ifca(2, Weighting.BY_SAMPLES));

    private final UnaryOperator<Federation> algorithm;

    Catalogue(UnaryOperator<Federation> algorithm) {
        this.algorithm = algorithm;
    }

    /** Returns a federation that runs this algorithm. */
    Federation of(Federation federation) {
        return federation.with(algorithm);
    }
}
