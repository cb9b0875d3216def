package org.blazefl4j.federation.algorithm;

import java.util.function.UnaryOperator;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.ServerOptimizer;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.util.Arguments;

/**
 * Published algorithms, to be composed with each other and with other parts, such as {@link ServerOptimizers}.
 *
 * <pre>{@code
 * var federation = Federation.of(models, ModelName.CNN, data, server).with(Algorithms.fedProx(0.01));
 * }</pre>
 *
 * <p>In the formulas x is the model that clients receive, y_k the one that client k ends with, g a gradient on a batch,
 * and lr the local learning rate.
 */
public final class Algorithms {

    private Algorithms() {}

    /**
     * Returns FedProx (T. Li et al.: Federated Optimization in Heterogeneous Networks, MLSys 2020): clients are pulled
     * to the model that they received, {@code w -= lr * (g(w) + mu * (w - x))}.
     *
     * @param mu the strength, 0 or more; 0 is federated averaging. The paper uses 0.001 to 1
     */
    public static UnaryOperator<Federation> fedProx(double mu) {
        Proximal.check(mu);
        return federation -> mu == 0 ? federation : federation.objective(new Proximal(mu));
    }

    /**
     * Returns FedNova (J. Wang et al.: Tackling the Objective Inconsistency Problem in Heterogeneous Federated
     * Optimization, NeurIPS 2020): clients may take different numbers of steps, and still the sum of their objectives
     * is minimised, instead of one in which those count more that take more steps.
     *
     * <pre>{@code
     * x += (sum of p_k * a_k) * (sum of p_k * (y_k - x) / a_k)      p_k the client's share of the round's weight
     * }</pre>
     *
     * <p>Here a_k is how much the client's gradients count in its change, the paper's norm of a_k: its number of steps
     * with plain SGD, and as {@link LocalOptions#normaliser} with momentum, a schedule or FedProx's pull. While all a_k
     * of a round are equal, the bits are those of federated averaging. Buffers take the clients' mean with weights
     * {@code p_k / a_k}. The paper's momentum at the server is {@link ServerOptimizers#sgd}; any other local objective
     * goes with it too, and in any order, but for those that set an aggregation.
     */
    public static UnaryOperator<Federation> fedNova(Weighting weighting) {
        return federation -> federation.aggregation(new NormalisedMean.Rule(weighting));
    }

    /**
     * Returns FedDyn (D. A. E. Acar et al.: Federated Learning Based on Dynamic Regularization, ICLR 2021): clients are
     * pulled to the model that they received and along what they learnt of their own gradients, so that all agree on a
     * minimiser of the mean of their losses however different they are. With K clients in all and m in the round,
     *
     * <pre>{@code
     * y_k = argmin of loss_k(w) - <g_k, w> + alpha / 2 * |w - x|^2     by local training from w = x
     * g_k -= alpha * (y_k - x)                                         kept by the client, zero before its first round
     * h -= alpha / K * sum over the round's clients of (y_k - x)       kept by the server: the mean of all K g_k
     * x = 1 / m * sum over the round's clients of y_k - h / alpha
     * }</pre>
     *
     * <p>Clients weigh equally in the mean. It is what is evaluated, because x is not a model that is good by itself,
     * only where clients start; evaluate clients by {@code handler.evaluationPackage()}. The paper trains CIFAR-10 with
     * alpha 0.01, learning rate 0.1, weight decay 0.001 and gradients clipped at a norm of 10. As alpha falls, h /
     * alpha stays, so small values are not federated averaging.
     *
     * <p>The server knows of clients by their models alone. So transforms of updates, which change these, make h
     * another mean; and a client whose package was accepted in a round that failed is one round ahead of it.
     *
     * @param alpha the strength, above 0; the paper uses 0.1, 0.01 and 0.001
     */
    public static UnaryOperator<Federation> fedDyn(double alpha) {
        return fedDyn(alpha, Weighting.UNIFORM);
    }

    /**
     * Returns {@link #fedDyn(double)} for clients with unequal numbers of samples.
     *
     * @param weighting how clients' losses count in what is minimised. {@code UNIFORM} is the paper's algorithm.
     *     {@code BY_SAMPLES} is that of the authors' code for unbalanced data: alpha is divided by the client's number
     *     of samples relative to the mean, in its objective and in its g_k; h is then the mean of g_k times that number
     */
    public static UnaryOperator<Federation> fedDyn(double alpha, Weighting weighting) {
        Arguments.requirePositive("regularisation", "alpha", alpha);
        return federation -> federation
                .objective(new Dynamic(alpha, weighting, meanWeight(weighting, federation)))
                .weighting(Weighting.UNIFORM)
                .serverOptimizer(new DynamicServer(alpha));
    }

    private static double meanWeight(Weighting weighting, Federation federation) {
        int clients = federation.server().numClients();
        return KnownWeights.total(weighting, federation.dataset(), clients) / clients;
    }

    /**
     * Returns SCAFFOLD (S. P. Karimireddy et al.: SCAFFOLD: Stochastic Controlled Averaging for Federated Learning,
     * ICML 2020, algorithm 1, option II): control variates correct each gradient for the client's drift.
     *
     * <pre>{@code
     * y -= lr * (g(y) - c_i + c)                    K times, from y = x
     * delta c_i = (x - y) / (K * lr) - c           with momentum or a schedule: / LocalOptions.distance
     * c_i += delta c_i                              kept by the client, zero before its first round
     * x += server lr * (mean of y_i - x)
     * c += sum over the round's clients of w_i * delta c_i / sum over all clients of w_i
     * }</pre>
     *
     * <p>With {@link Weighting#UNIFORM} all weights w_i are 1, which is the paper's algorithm. Clients must train by
     * SGD that starts anew in each round.
     *
     * @param serverLr the step towards the mean, above 0; the paper uses 1
     */
    public static UnaryOperator<Federation> scaffold(double serverLr, Weighting weighting) {
        return scaffold(new Scaffold(false), serverLr, weighting);
    }

    /**
     * Returns SCAFFOLD with option I: {@code delta c_i = gradient of loss_i at x - c_i}, which takes one more pass over
     * the client's samples, but no particular optimizer. It is computed in evaluation mode ({@code LocalRun.gradient}),
     * so with BatchNorm, where gradients of training are others, prefer option II. The rest is as in {@link #scaffold}.
     *
     * @param serverLr the step towards the mean, above 0; the paper uses 1
     */
    public static UnaryOperator<Federation> scaffoldWithFullGradients(double serverLr, Weighting weighting) {
        return scaffold(new Scaffold(true), serverLr, weighting);
    }

    private static UnaryOperator<Federation> scaffold(Scaffold client, double serverLr, Weighting weighting) {
        ServerOptimizer optimizer = ServerOptimizers.sgd(serverLr, 0);
        return federation -> federation
                .objective(client)
                .aggregation(new ControlledMean.Rule(weighting))
                .serverOptimizer(optimizer);
    }

    /**
     * Returns q-FedAvg (T. Li et al.: Fair Resource Allocation in Federated Learning, ICLR 2020): clients with a large
     * loss count more, so that losses differ less among clients. With F_k the loss of x over all training samples of
     * client k, before training, and L the inverse of the round's first local learning rate,
     *
     * <pre>{@code
     * d_k = L * (x - y_k)
     * h_k = q * F_k^(q-1) * |d_k|^2 + L * F_k^q
     * x -= sum of F_k^q * d_k / sum of h_k
     * }</pre>
     *
     * <p>Buffers take the mean with weights F_k^q. What h_k knows of y_k is from before transforms of updates.
     *
     * @param q how much fairness counts, 0 or more; 0 is federated averaging in which clients weigh equally. The paper
     *     uses 0.001 to 15, by data: 1 for Sent140 and synthetic data
     */
    public static UnaryOperator<Federation> qFedAvg(double q) {
        Arguments.requireNotNegative("fairness", "q", q);
        return federation -> q == 0
                ? federation.weighting(Weighting.UNIFORM)
                : federation.objective(new Fair(q)).aggregation(new FairMean.Rule());
    }

    /**
     * Returns MOON (Q. Li, B. He and D. Song: Model-Contrastive Federated Learning, CVPR 2021): a client's features z
     * are drawn to those of the received model, z_g, and away from those of the model that the client had after its
     * last round, z_p:
     *
     * <pre>{@code
     * loss = cross-entropy + mu * -log(exp(cos(z, z_g) / t) / (exp(cos(z, z_g) / t) + exp(cos(z, z_p) / t)))
     * }</pre>
     *
     * <p>Clients keep their last model. In a client's first round there is none; it then trains as in federated
     * averaging. The model must be a {@link org.blazefl4j.model.Model.Split}, such as all of the library's but the
     * logistic regression. The paper's projection head, two layers to 256 units, is a part of such a model's features
     * if it is wanted. Costs two more forward passes a batch, and two more copies of the model in each worker.
     *
     * @param mu the strength, 0 or more; 0 is federated averaging. The paper uses 5 for CIFAR-10, 1 for CIFAR-100
     * @param temperature t, above 0; the paper uses 0.5
     */
    public static UnaryOperator<Federation> moon(double mu, double temperature) {
        Contrastive objective = new Contrastive(mu, temperature);
        return federation -> mu == 0 ? federation : federation.objective(objective);
    }

    /**
     * Returns IFCA (A. Ghosh, J. Chung, D. Yin and K. Ramchandran: An Efficient Framework for Clustered Federated
     * Learning, NeurIPS 2020, with averaging of models): the server has several models x_j, and a client trains the one
     * that fits its samples best.
     *
     * <pre>{@code
     * j_i = argmin over j of loss_i(x_j)             the mean over all its samples; ties go to the lowest j
     * x_j = weighted mean of the y_i with j_i = j    x_j stays if there is none
     * }</pre>
     *
     * <p>The first model starts as in other algorithms; each other one is a reordering of it by the server's stream
     * {@code cluster j}, within each parameter. Clients send their choice as the number {@code cluster}, from 0, and
     * the loss of the chosen model as {@code loss}.
     *
     * <p>If one model fits all clients best at first, it stays so, and the others are never trained: start again with
     * another seed, as the paper does.
     *
     * <p>The server's own evaluation is the mean over the clients of the last round, each with the model that it
     * trained, on the common test samples. If clusters differ in what they make of the same sample, these are the wrong
     * samples: evaluate clients on their own. Server optimizers and aggregate transforms are refused.
     *
     * @param clusters the number of models, from 1 to the number of clients; 1 is federated averaging. The paper uses 2
     *     and 4
     */
    public static UnaryOperator<Federation> ifca(int clusters, Weighting weighting) {
        Arguments.require(clusters >= 1, "too few clusters: clusters=" + clusters + ", limit=1 or more");
        return federation -> clusters == 1
                ? federation.weighting(weighting)
                : federation.objective(new Clustered()).aggregation(new ClusterMeans.Rule(clusters, weighting));
    }
}
