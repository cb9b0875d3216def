package org.blazefl4j.contrib.common;

import java.util.Objects;
import java.util.function.Supplier;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.DataLoader.LastBatch;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.reproducibility.RandomStream;
import org.blazefl4j.torch.StepRule;
import org.blazefl4j.util.Arguments;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * How a client trains: {@link SgdOptions}, and what goes beyond plain SGD. Crosses into worker processes. Each
 * {@code with} method returns a copy with one other value.
 *
 * <pre>{@code
 * LocalOptions options = LocalOptions.of(new SgdOptions(5, 50, 0.05))
 *         .withRule(StepRule.sgd().withMomentum(0.9).withWeightDecay(5e-4))
 *         .withSchedule(Schedule.cosine(200, 0))
 *         .withMaxGradNorm(10);
 * }</pre>
 *
 * @param base epochs, batches and learning rate
 * @param steps the number of steps in a round, in as many epochs as they take, instead of the base's epochs; 0 for
 *     those
 * @param stragglers the probability, in [0, 1], with which a client does only a part of a round's epochs (or steps): 1
 *     to all, each number as likely. Drawn from the client's stream {@code straggler}
 * @param schedule the learning rate over rounds or steps
 * @param rule how a step follows from gradients
 * @param maxGradNorm the norm of the whole gradient above which it is scaled down to it, above 0; infinity for no limit
 * @param keepState whether the rule's moments are kept for the client's next round, beside what an algorithm of the
 *     federation kit keeps; by {@link LocalModel#train(ClientConfig, Tensor, Tensor, WorkerContext)} as all of the
 *     client's state. Otherwise each round starts anew
 */
public record LocalOptions(
        SgdOptions base,
        long steps,
        double stragglers,
        Schedule schedule,
        StepRule rule,
        double maxGradNorm,
        boolean keepState) {

    public LocalOptions {
        Objects.requireNonNull(base, "base");
        Objects.requireNonNull(schedule, "schedule");
        Objects.requireNonNull(rule, "rule");
        Arguments.require(
                steps >= 0, () -> "too few steps: local_steps=" + steps + ", limit=0 or more; 0 trains for epochs");
        Arguments.require(
                stragglers >= 0 && stragglers <= 1,
                () -> "share of stragglers out of range: stragglers=" + stragglers + ", limit=[0, 1]");
        Arguments.require(
                maxGradNorm > 0,
                () -> "norm out of range: max_grad_norm=" + maxGradNorm + ", limit=above 0; infinity is no limit");
    }

    /** Returns plain SGD. */
    public static LocalOptions of(SgdOptions base) {
        return new LocalOptions(base, 0, 0, Schedule.constant(), StepRule.sgd(), Double.POSITIVE_INFINITY, false);
    }

    public LocalOptions withBase(SgdOptions base) {
        return new LocalOptions(base, steps, stragglers, schedule, rule, maxGradNorm, keepState);
    }

    public LocalOptions withSteps(long steps) {
        return new LocalOptions(base, steps, stragglers, schedule, rule, maxGradNorm, keepState);
    }

    public LocalOptions withStragglers(double stragglers) {
        return new LocalOptions(base, steps, stragglers, schedule, rule, maxGradNorm, keepState);
    }

    public LocalOptions withSchedule(Schedule schedule) {
        return new LocalOptions(base, steps, stragglers, schedule, rule, maxGradNorm, keepState);
    }

    public LocalOptions withRule(StepRule rule) {
        return new LocalOptions(base, steps, stragglers, schedule, rule, maxGradNorm, keepState);
    }

    public LocalOptions withMaxGradNorm(double maxGradNorm) {
        return new LocalOptions(base, steps, stragglers, schedule, rule, maxGradNorm, keepState);
    }

    public LocalOptions withKeepState(boolean keepState) {
        return new LocalOptions(base, steps, stragglers, schedule, rule, maxGradNorm, keepState);
    }

    /** Returns the number of passes over a client's samples in a round, unless {@link #steps()} is above 0. */
    public int epochs() {
        return base.epochs();
    }

    /** Returns the number of samples per step. */
    public int batchSize() {
        return base.batchSize();
    }

    /** Returns the learning rate before the schedule. */
    public double lr() {
        return base.lr();
    }

    /** Returns what happens to samples that do not fill a batch. */
    public LastBatch lastBatch() {
        return base.lastBatch();
    }

    /** Returns a loader of shuffled batches, as {@link SgdOptions#loader}. */
    public DataLoader loader(Dataset samples, RandomStream order, @Nullable Generator transforms) {
        return base.loader(samples, order, transforms);
    }

    /**
     * Returns the learning rate of a step.
     *
     * @param round from 0
     * @param step the client's step in this round, from 0
     */
    public double rate(int round, long step) {
        return lr() * schedule.factor(round, step);
    }

    /** Returns whether steps are those of plain SGD, whatever the rate. */
    boolean isPlain() {
        return rule.equals(StepRule.sgd()) && maxGradNorm == Double.POSITIVE_INFINITY;
    }

    /** Returns whether a client has moments to keep for its next round. */
    boolean keepsMoments() {
        return keepState && rule.moments() > 0;
    }

    /** Returns these options with the epochs or steps that a client does in this round. */
    LocalOptions drawnBy(Supplier<RandomStream> stream) {
        if (stragglers == 0) {
            return this;
        }
        double[] draws = uniforms(stream.get().generator());
        if (draws[0] >= stragglers) {
            return this;
        }
        long all = steps > 0 ? steps : epochs();
        long part = Math.min(all, 1 + (long) (draws[1] * all));
        return steps > 0 ? withSteps(part) : withBase(base.withEpochs((int) part));
    }

    private static double[] uniforms(Generator generator) {
        double[] draws = new double[2];
        try (PointerScope scope = new PointerScope()) {
            var drawn = torch.empty(new long[] {draws.length}, new TensorOptions(ScalarType.Double), null)
                    .uniform_(0, 1, new GeneratorOptional(generator));
            new DoublePointer(drawn.data_ptr()).get(draws);
        }
        return draws;
    }

    /**
     * Returns how much the gradients of a client's steps count in the change of its model: the norm ‖a‖₁ of FedNova (J.
     * Wang et al., NeurIPS 2020), where the change is the rate of the round's first step, or {@link #lr()} if that is
     * 0, times the sum of a_j g_j. It is the number of steps with plain SGD at a constant rate.
     *
     * <p>Decay of weights and clipping count as parts of the gradients. A velocity kept from the round before counts as
     * none. With Adam each step counts as one, times its rate.
     *
     * @param round from 0
     * @param steps the number of steps that the client took
     * @param pull what the client adds to each gradient is {@code pull * (w - x)}, where {@code x} is the model that it
     *     started from: FedProx's mu, 0 for nothing
     */
    public double normaliser(int round, long steps, double pull) {
        double unit = unit(round);
        double change = 0;
        double velocity = 0;
        for (long step = 0; step < steps; step++) {
            double gradient = 1 - pull * unit * change;
            double towards = gradient;
            if (rule instanceof StepRule.Sgd sgd && sgd.momentum() > 0) {
                double share = step == 0 ? 1 : 1 - sgd.dampening();
                velocity = sgd.momentum() * velocity + share * gradient;
                towards = sgd.nesterov() ? gradient + sgd.momentum() * velocity : velocity;
            }
            change += rate(round, step) / unit * towards;
        }
        return change;
    }

    /**
     * Returns by what the client's mean gradient moved its model: {@link #normaliser} without a pull, times the rate
     * that it is relative to. With plain SGD at a constant rate, the number of steps times the rate.
     */
    public double distance(int round, long steps) {
        return normaliser(round, steps, 0) * unit(round);
    }

    private double unit(int round) {
        double first = rate(round, 0);
        return first > 0 ? first : lr();
    }
}
