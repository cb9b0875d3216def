package org.blazefl4j.federation.algorithm;

import java.util.Arrays;
import java.util.Optional;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.federation.AffineTerm;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.LocalObjective;
import org.blazefl4j.federation.LocalRun;
import org.blazefl4j.torch.StepRule;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The client of SCAFFOLD. Control variates are zero at buffers, frozen parameters and personal ones. While they are all
 * zero, as in the first round, steps are those of federated averaging bit for bit.
 *
 * @param fullGradients whether the new control variate is the gradient of all samples at the received model (option I),
 *     not the mean gradient of the steps (option II)
 */
public record Scaffold(boolean fullGradients) implements LocalObjective {

    private static final String CONTROL = "control";

    @Override
    public int vectors() {
        return 1;
    }

    /** Refuses other optimizers than SGD that starts anew, of whose steps alone mean gradients are known. */
    public void check(LocalOptions options) {
        Arguments.require(
                fullGradients || options.rule() instanceof StepRule.Sgd && !options.keepState(),
                "optimizer does not suit SCAFFOLD: rule=" + options.rule() + ", keep_state=" + options.keepState()
                        + ", expected=SGD that starts anew in each round; choose such an optimizer, or FedAvg");
    }

    @Override
    public void check(Federation federation) {
        check(federation.local());
        Whole.require(federation.aggregation() instanceof ControlledMean.Rule, "SCAFFOLD", federation);
    }

    @Override
    public void train(LocalRun run) {
        Tensor control = run.received().vectors().get(0);
        checkControl(control, run.start());
        Optional<Tensor> own = run.kept(CONTROL);
        AffineTerm correction = AffineTerm.constant(own.map(control::sub).orElse(control));
        Tensor delta = run.sent(0);
        if (fullGradients) {
            delta.copy_(run.gradient(run.start()));
            run.zeroFixed(delta);
            own.ifPresent(delta::sub_);
            run.training().term(correction).run();
        } else {
            long steps = run.training().term(correction).run();
            writeDelta(delta, control, run, run.options().distance(run.round(), steps));
        }
        run.keep(CONTROL, own.map(variate -> variate.add(delta)).orElseGet(delta::clone));
    }

    /** LibTorch would silently broadcast a vector of one element. */
    private static void checkControl(Tensor control, Tensor parameters) {
        Arguments.require(
                Arrays.equals(control.shape(), parameters.shape()),
                "control variate of the wrong shape: shape=" + Arrays.toString(control.shape()) + ", expected="
                        + Arrays.toString(parameters.shape()) + "; send one as long as the global model's state");
    }

    /** Writes {@code delta c_i} of option II: zero if the client could not move. */
    private static void writeDelta(Tensor delta, Tensor control, LocalRun run, double distance) {
        if ((float) distance > 0) {
            delta.copy_(run.start()).sub_(run.result()).div_(new Scalar(distance));
            run.zeroFixed(delta);
            delta.sub_(control);
        } else {
            delta.zero_();
        }
    }
}
