package org.blazefl4j.federation.algorithm;

import java.util.function.UnaryOperator;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.ParameterMask;
import org.blazefl4j.federation.ServerOptimizer;
import org.blazefl4j.util.Arguments;

/**
 * Published algorithms that give each client a model of its own, to be composed as those of {@link Algorithms}.
 * {@link org.blazefl4j.federation.FederationClients#personalEvaluator} evaluates these models.
 *
 * <pre>{@code
 * var federation = Federation.of(models, ModelName.CNN, data, server)
 *         .with(PersonalAlgorithms.fedPer(ParameterMask.lastLayers(1)));
 * }</pre>
 *
 * <p>Those with personal parts add to what clients keep already.
 */
public final class PersonalAlgorithms {

    private PersonalAlgorithms() {}

    /** What clients keep already stays with them, so that FedPer and FedBN go together. */
    private static Federation keeping(Federation federation, ParameterMask parameters) {
        return federation.personal(federation.personal().or(parameters));
    }

    /**
     * Returns FedBN (X. Li et al.: FedBN: Federated Learning on Non-IID Features via Local Batch Normalization, ICLR
     * 2021): each client keeps its normalisation layers, with their statistics. The server's stay as they were at
     * first, so its accuracy says little: evaluate clients.
     *
     * @param others patterns for layers that have no statistics, as {@link ParameterMask#normalisation}; usually none
     */
    public static UnaryOperator<Federation> fedBn(String... others) {
        return federation -> keeping(federation, ParameterMask.normalisation(others));
    }

    /**
     * Returns FedPer (M. G. Arivazhagan et al.: Federated Learning with Personalization Layers, 2019): each client
     * keeps its head, and trains it together with the body.
     *
     * @param head usually {@link ParameterMask#lastLayers} of 1; {@link ParameterMask#NONE} is federated averaging
     */
    public static UnaryOperator<Federation> fedPer(ParameterMask head) {
        return federation -> keeping(federation, head);
    }

    /**
     * Returns LG-FedAvg (P. P. Liang et al.: Think Locally, Act Globally, 2020): each client keeps its representation,
     * the first layers, and shares the head.
     *
     * @param body such as {@link ParameterMask#firstLayers} of 2; {@link ParameterMask#NONE} is federated averaging
     */
    public static UnaryOperator<Federation> lgFedAvg(ParameterMask body) {
        return federation -> keeping(federation, body);
    }

    /**
     * Returns FedRep (L. Collins et al.: Exploiting Shared Representations for Personalized Federated Learning, ICML
     * 2021): each client keeps its head, trains it while the body is frozen, and then the body while the head is
     * frozen.
     *
     * <pre>{@code
     * h_k -= lr * g_h(body, h_k)      for some epochs; h_k is kept by the client
     * body -= lr * g_body(body, h_k)  for the epochs or steps of the local options
     * }</pre>
     *
     * <p>What is frozen keeps its buffers, too. Each phase starts its schedule anew, and keeps its own moments if the
     * optimizer keeps any.
     *
     * @param head usually {@link ParameterMask#lastLayers} of 1; {@link ParameterMask#NONE} is federated averaging
     * @param headEpochs the epochs of the first phase, 1 or more; the paper uses 10, with 1 for the body
     */
    public static UnaryOperator<Federation> fedRep(ParameterMask head, int headEpochs) {
        Arguments.require(
                headEpochs >= 1, "too few epochs for the head: head_epochs=" + headEpochs + ", limit=1 or more");
        Phases phases =
                Phases.of(new Phases.Phase("head-", new Phases.Rest(head), headEpochs), new Phases.Phase("", head, 0));
        return federation -> head.equals(ParameterMask.NONE)
                ? federation
                : keeping(federation, head).objective(phases);
    }

    /**
     * Returns FedBABU (J. Oh et al.: FedBABU: Toward Enhanced Representation for Federated Image Classification, ICLR
     * 2022): the head stays as it was at first, for all clients, and the body is trained by federated averaging.
     * Clients are evaluated after they have fine-tuned what they receive:
     * {@link org.blazefl4j.federation.FederationClients#fineTunedEvaluator}.
     *
     * @param head as for {@link #fedRep}
     */
    public static UnaryOperator<Federation> fedBabu(ParameterMask head) {
        Phases phases = Phases.of(new Phases.Phase("", head, 0));
        return federation -> head.equals(ParameterMask.NONE) ? federation : federation.objective(phases);
    }

    /**
     * Returns Ditto (T. Li et al.: Ditto: Fair and Robust Federated Learning Through Personalization, ICML 2021):
     * beside federated averaging, whose bits stay as they are, each client trains a model v_k of its own, which is
     * pulled to the received one.
     *
     * <pre>{@code
     * v_k -= lr * (g(v_k) + lambda * (v_k - x))   as the local options say; kept by the client
     * }</pre>
     *
     * <p>A client's first v_k is the model that all began with.
     *
     * @param lambda the pull, 0 or more; 0 is training alone. The paper uses 0.05 to 2, often 0.1
     */
    public static UnaryOperator<Federation> ditto(double lambda) {
        Ditto ditto = new Ditto(lambda);
        return federation -> federation.objective(ditto);
    }

    /**
     * Returns APFL (Y. Deng et al.: Adaptive Personalized Federated Learning, 2020): beside federated averaging, whose
     * bits stay as they are, each client trains a model v_k of its own as a part of a mixture, on the same batches, by
     * plain SGD at the rate of the local options.
     *
     * <pre>{@code
     * m = a * v_k + (1 - a) * w          at each step of w, before it; m is the client's own model
     * v_k -= lr * a * g(m)               kept by the client
     * a -= lr * <g(m), v_k - w>          if adaptive, with the former v_k, in [0, 1]; kept by the client
     * }</pre>
     *
     * <p>A client's first v_k is the model that all began with. Buffers of the mixture are those of v_k.
     *
     * @param share a, in [0, 1]: 0 is federated averaging if it is not adaptive, 1 is training alone. The paper uses
     *     0.25, 0.5 and 0.75
     * @param adaptive whether clients learn their shares, from this one on
     */
    public static UnaryOperator<Federation> apfl(double share, boolean adaptive) {
        Apfl apfl = new Apfl(share, adaptive);
        return federation -> share == 0 && !adaptive ? federation : federation.objective(apfl);
    }

    /**
     * Returns pFedMe (C. T. Dinh et al.: Personalized Federated Learning with Moreau Envelopes, NeurIPS 2020): clients
     * descend the Moreau envelope of their loss, whose gradient tells how far a personal model theta moves away.
     *
     * <pre>{@code
     * theta = w, then steps times theta -= rate * (g(theta) + lambda * (theta - w))     on one batch
     * w -= lr * lambda * (w - theta)                                                    at each local step
     * x += server rate * (mean of w_k - x)
     * }</pre>
     *
     * <p>A client's own model is theta from w = x, trained for the epochs or steps of the local options.
     *
     * @param lambda the pull, above 0; the paper uses 15
     * @param steps of theta for each batch, 1 or more; the paper uses 5
     * @param rate the learning rate of theta, above 0; the paper uses 0.005 to 0.05
     * @param serverRate above 0; the paper's beta, 1 to 4
     */
    public static UnaryOperator<Federation> pFedMe(double lambda, int steps, double rate, double serverRate) {
        PFedMe objective = new PFedMe(lambda, steps, rate);
        ServerOptimizer optimizer = ServerMomentum.of(serverRate, 0, false);
        return federation -> federation.objective(objective).serverOptimizer(optimizer);
    }

    /**
     * Returns Per-FedAvg of first order (A. Fallah et al.: Personalized Federated Learning with Theoretical Guarantees:
     * A Model-Agnostic Meta-Learning Approach, NeurIPS 2020): the global model is to be good after one step of each
     * client, which is its own model.
     *
     * <pre>{@code
     * u = g(w - alpha * g(w; D); D')     D and D' are batches of two streams
     * w -= lr * u                        lr is the paper's beta, usually 0.001
     * }</pre>
     *
     * @param alpha the rate of the inner step, 0 or more; 0 is federated averaging. The paper uses 0.01
     */
    public static UnaryOperator<Federation> perFedAvg(double alpha) {
        return perFedAvg(alpha, 0);
    }

    /**
     * Returns Per-FedAvg with products of the Hessian by differences of gradients, HF: {@code w -= lr * (u - alpha * H
     * u)}, where {@code H u} is nearly {@code (g(w + delta * u; D'') - g(w - delta * u; D'')) / (2 * delta)} on a batch
     * of a third stream.
     *
     * @param delta above 0; 0.001 is usual. 0 is first order
     */
    public static UnaryOperator<Federation> perFedAvg(double alpha, double delta) {
        PerFedAvg objective = new PerFedAvg(alpha, delta);
        return federation -> alpha == 0 ? federation : federation.objective(objective);
    }
}
