package org.blazefl4j.federation.algorithm;

import java.util.function.UnaryOperator;
import org.blazefl4j.contrib.common.Weighting;
import org.blazefl4j.federation.Federation;

/** All algorithms, with settings under which none of their parts is neutral: {@link AlgorithmConformanceTest}. */
enum Catalogue {
    FEDAVG(federation -> federation),
    FEDPROX(Algorithms.fedProx(0.1)),
    FEDNOVA(federation ->
            federation.local(federation.local().withStragglers(0.5)).with(Algorithms.fedNova(Weighting.BY_SAMPLES))),
    FEDDYN(Algorithms.fedDyn(0.1, Weighting.BY_SAMPLES)),
    SCAFFOLD(Algorithms.scaffold(0.9, Weighting.UNIFORM)),
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
