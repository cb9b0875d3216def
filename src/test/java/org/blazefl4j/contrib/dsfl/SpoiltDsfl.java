package org.blazefl4j.contrib.dsfl;

import org.blazefl4j.contrib.common.SpoiltClients;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.WorkerContext;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** Fills a worker's model and optimizer velocities with garbage before each client. */
public final class SpoiltDsfl {

    private SpoiltDsfl() {}

    /** Wraps clients; they are unchanged otherwise. */
    public static ClientAlgorithm<DsflClients.Config, DsflDownlinkPackage, DsflUplinkPackage> of(DsflClients clients) {
        return new SpoiltClients<>(clients, SpoiltDsfl::train);
    }

    private static DsflUplinkPackage train(
            DsflClients.Config config, DsflDownlinkPackage payload, WorkerContext context) {
        DistillationModel learner = DistillationModel.of(config.model(), context);
        SpoiltClients.spoil(learner.model());
        spoil(learner.state().training());
        spoil(learner.state().distillation());
        return DsflClients.train(config, payload, context);
    }

    private static void spoil(Tensor velocity) {
        if (velocity != null) {
            velocity.fill_(new Scalar(Float.NaN));
        }
    }
}
