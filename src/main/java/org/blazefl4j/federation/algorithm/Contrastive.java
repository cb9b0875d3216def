package org.blazefl4j.federation.algorithm;

import java.util.Objects;
import java.util.Optional;
import org.blazefl4j.core.Device;
import org.blazefl4j.data.Batch;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.LocalObjective;
import org.blazefl4j.federation.LocalRun;
import org.blazefl4j.model.Model;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The client of MOON. Before its first round a client has no model of its own that it could be unlike: the contrastive
 * loss is then a constant, and left out.
 */
record Contrastive(double mu, double temperature) implements LocalObjective {

    private static final String PREVIOUS = "moon";

    /** Refuses what would be no attraction to the received model. */
    Contrastive {
        Arguments.requireNotNegative("contrastive weight", "mu", mu);
        Arguments.requirePositive("temperature", "temperature", temperature);
    }

    @Override
    public void check(Federation federation) {
        try (Model model = federation.model().make(Device.CPU)) {
            model.split();
        }
    }

    @Override
    public void train(LocalRun run) {
        Optional<Tensor> previous = run.kept(PREVIOUS);
        if (previous.isPresent()) {
            Model like = run.frozen("received", run.start());
            Model unlike = run.frozen("previous", previous.get());
            run.training()
                    .loss((model, batch) -> loss(model, like, unlike, batch))
                    .run();
        } else {
            run.training().run();
        }
        run.keep(PREVIOUS, run.result().clone());
    }

    private Tensor loss(Model model, Model like, Model unlike, Batch batch) {
        Tensor features = features(model, batch);
        Tensor output = model.compute(features, model.split()::head);
        Tensor far = similarity(features, features(unlike, batch));
        Tensor near = similarity(features, features(like, batch));
        return torch.cross_entropy(output, Objects.requireNonNull(batch.y(), "labels"))
                .add(contrast(near, far).mul(new Scalar(mu)));
    }

    private static Tensor features(Model model, Batch batch) {
        return model.compute(batch.x(), model.split()::features);
    }

    private static Tensor similarity(Tensor one, Tensor other) {
        return torch.cosine_similarity(one.flatten(1, -1), other.flatten(1, -1));
    }

    /**
     * Returns {@code -log(e^(near / t) / (e^(near / t) + e^(far / t)))}, which is {@code -log sigmoid((near - far) /
     * t)} and does not overflow, as the mean over samples.
     */
    Tensor contrast(Tensor near, Tensor far) {
        return torch.log_sigmoid(near.sub(far).div(new Scalar(temperature)))
                .mean()
                .neg();
    }
}
