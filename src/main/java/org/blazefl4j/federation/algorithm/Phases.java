package org.blazefl4j.federation.algorithm;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.federation.LocalObjective;
import org.blazefl4j.federation.LocalRun;
import org.blazefl4j.federation.ParameterMask;
import org.bytedeco.pytorch.Tensor;

/** Trains on the cross-entropy in phases, in each of which some parameters stay as they are. */
record Phases(List<Phase> phases) implements LocalObjective {

    /**
     * One phase.
     *
     * @param streams the prefix of its random streams and kept moments
     * @param epochs 0 for the client's epochs or steps
     */
    record Phase(String streams, ParameterMask frozen, int epochs) {

        private LocalOptions of(LocalOptions options) {
            return epochs == 0
                    ? options
                    : options.withSteps(0).withBase(options.base().withEpochs(epochs));
        }
    }

    /** What another mask leaves. */
    record Rest(ParameterMask mask) implements ParameterMask {

        @Override
        public Set<String> of(List<String> names) {
            Set<String> rest = new HashSet<>(names);
            rest.removeAll(mask.of(names));
            return rest;
        }
    }

    static Phases of(Phase... phases) {
        return new Phases(List.of(phases));
    }

    @Override
    public void train(LocalRun run) {
        Tensor from = run.start();
        for (Phase phase : phases) {
            run.training()
                    .from(from)
                    .freeze(phase.frozen())
                    .options(phase.of(run.options()))
                    .streams(phase.streams())
                    .run();
            from = run.result();
        }
    }
}
