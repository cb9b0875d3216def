package org.blazefl4j.federation.sampling;

import java.nio.file.Path;
import java.util.function.IntToDoubleFunction;
import org.blazefl4j.federation.ClientSampler;
import org.blazefl4j.reproducibility.RandomStreams;
import org.blazefl4j.util.Arguments;

/**
 * Makes samplers. Those that take another sampler leave the choice to it, among fewer clients:
 *
 * <pre>{@code
 * federation.sampler(Samplers.available(Path.of("trace.csv"), Samplers.weighted()));
 * }</pre>
 *
 * <p>Samplers with a fixed number of clients take that of the server's options, or all that may be chosen if there are
 * fewer. All random numbers come from streams of the server's seed, so a run has the same clients in every mode, and so
 * has a resumed one. Those that keep something are named; each of them serves one server.
 */
public final class Samplers {

    private Samplers() {}

    /** Returns the default: clients are drawn uniformly, without replacement. */
    public static ClientSampler uniform() {
        return new UniformSampler();
    }

    /**
     * Returns a sampler that draws client k with a probability proportional to its number of samples, one after
     * another, without replacement. The devices of FedProx (T. Li et al.: Federated Optimization in Heterogeneous
     * Networks, MLSys 2020) are drawn in this way, and weigh the same in the mean.
     */
    public static ClientSampler weighted() {
        return new WeightedSampler();
    }

    /** Returns a sampler that takes clients in turn, by their ids: each as often as any other. */
    public static ClientSampler roundRobin() {
        return new RoundRobinSampler();
    }

    /**
     * Returns a sampler that chooses each client with the same probability, independently of the others, as the
     * analysis of differential privacy wants it. Rounds vary in size, and may have no clients.
     *
     * @param rate above 0 and at most 1
     */
    public static ClientSampler poisson(double rate) {
        return new PoissonSampler(rate);
    }

    /**
     * Returns a sampler that lets each client rest: one that took part in a round, or was dropped from it, is not
     * chosen again for the {@code rounds - 1} rounds after it. Keeps the rounds of all clients. Rounds have fewer
     * clients if less than {@code rounds} times as many are in the federation.
     *
     * @param rounds the least difference between two rounds of a client, 1 or more
     */
    public static ClientSampler separated(int rounds, ClientSampler sampler) {
        return new SeparatedSampler(rounds, sampler);
    }

    /**
     * Returns a sampler that chooses among clients that are available according to a file. Each of its lines says that
     * a client is available in some rounds, which count from 1; a client may have several lines, and one that has none
     * is never available. Blank lines and those that begin with {@code #} mean nothing. Keeps the file's SHA-256, so
     * that a run is not resumed with another file.
     *
     * <pre>{@code
     * # client,first round,last round
     * 0,1,100
     * 1,1,20
     * 1,41,60
     * }</pre>
     *
     * @throws IllegalArgumentException if a line is not of this form
     * @throws java.io.UncheckedIOException if the file cannot be read
     */
    public static ClientSampler available(Path trace, ClientSampler sampler) {
        return new TraceSampler(AvailabilityTrace.read(trace), sampler);
    }

    /**
     * Returns a sampler that chooses among clients that are on. Each client goes off and on by a Markov chain of its
     * own, which begins in its stationary distribution: it is on in a share {@code on / (on + off)} of the rounds.
     * Keeps which clients are on.
     *
     * @param off the probability that a client that is on is off in the next round, above 0 and at most 1
     * @param on the probability that a client that is off is on in the next round, above 0 and at most 1
     */
    public static ClientSampler onOff(double off, double on, ClientSampler sampler) {
        return new OnOffSampler(off, on, sampler);
    }

    /**
     * Returns power-of-choice (Y. J. Cho, J. Wang and G. Joshi: Client Selection in Federated Learning, 2020) in the
     * variant pow-d: it draws candidates as {@link #weighted()}, has the workers evaluate the server's model on their
     * training samples, and takes those with the largest mean loss. Ties go to the lower id.
     *
     * @param candidates as many as a round has clients, or more
     */
    public static ClientSampler powerOfChoice(int candidates) {
        return new PowerOfChoiceSampler(candidates);
    }

    /**
     * Returns power-of-choice in the variant rpow-d, which asks nobody: as {@link #powerOfChoice}, but by the loss of
     * the model that a client received when it took part last. Clients that never did come first. Keeps the losses.
     *
     * @param candidates as many as a round has clients, or more
     */
    public static ClientSampler lastLoss(int candidates) {
        return new LastLossSampler(candidates);
    }

    /**
     * Returns Oort's sampler for training (F. Lai et al.: Oort: Efficient Federated Learning via Guided Participant
     * Selection, OSDI 2021), with the paper's figures. In round R it explores with a share of {@code max(0.3, 0.9 *
     * 0.98^(R - 1))} of the clients, rounded up, drawn among those that never took part with probabilities proportional
     * to their speed. The others are drawn among those that did, with probabilities proportional to
     *
     * <pre>{@code (u_k + sqrt(0.1 * ln R / R_k)) * min(1, T / t_k)^2}</pre>
     *
     * if that is at least 0.95 of what the last of them needs. Here R_k is the last round of client k, t_k its time and
     * u_k its utility {@code |B_k| * sqrt(mean squared loss)}, cut at the 95 % quantile and scaled to [0, 1]. T is the
     * 30 % quantile of all clients' times at first, and rises by 5 points when 20 rounds have earned less utility than
     * the 20 before them.
     *
     * <p>Composed clients send {@code squared_loss}, the mean of their samples' squared losses. For clients of your own
     * that send only {@code loss}, its square stands for it. Keeps those, the last rounds of clients, and what rounds
     * have earned.
     *
     * @param seconds returns how long a client takes for a round: declared, above 0, always the same, and not measured,
     *     because a run could not be repeated otherwise
     */
    public static ClientSampler oort(IntToDoubleFunction seconds) {
        return new OortSampler(seconds);
    }

    /**
     * Returns a sampler that has another one choose more clients than a round needs, and takes those that are first.
     *
     * @param factor how many times as many, 1 or more; 1.3 is usual
     * @param seconds returns how long a client takes for a round: declared, above 0, always the same
     */
    public static ClientSampler overSelected(double factor, IntToDoubleFunction seconds, ClientSampler sampler) {
        return new OverSelectedSampler(factor, seconds, sampler);
    }

    /**
     * Returns times of clients whose logarithms are normally distributed, from the streams (seed, client, 0,
     * {@code "seconds"}): a median of one second.
     *
     * @param sigma the standard deviation of the logarithms, 0 or more; two thirds of the clients are within a factor
     *     of {@code e^sigma} of the median
     */
    public static IntToDoubleFunction logNormalSeconds(long seed, double sigma) {
        Arguments.requireNotNegative("spread of clients' times", "sigma", sigma);
        return cid -> StrictMath.exp(sigma * Draws.normal(RandomStreams.random(seed, cid, 0, "seconds")));
    }
}
