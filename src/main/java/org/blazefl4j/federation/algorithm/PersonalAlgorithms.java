package org.blazefl4j.federation.algorithm;

import java.util.function.UnaryOperator;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.ParameterMask;
import org.blazefl4j.util.Arguments;

/**
 * Published algorithms that give each client a model of its own, to be composed as those of {@link Algorithms}.
 * {@link org.blazefl4j.federation.FederationClients#personalEvaluator} evaluates these models.
 *
 * <pre>{@code
 * var federation = Federation.of(models, ModelName.CNN, data, server)
 *         .with(PersonalAlgorithms.fedPer(ParameterMask.lastLayers(1)));
 * }</pre>
 */
public final class PersonalAlgorithms {

    private PersonalAlgorithms() {}

    /**
     * Returns FedBN (X. Li et al.: FedBN: Federated Learning on Non-IID Features via Local Batch Normalization, ICLR
     * 2021): each client keeps its normalisation layers, with their statistics. The server's stay as they were at
     * first, so its accuracy says little: evaluate clients.
     *
     * @param others patterns for layers that have no statistics, as {@link ParameterMask#normalisation}; usually none
     */
    public static UnaryOperator<Federation> fedBn(String... others) {
        return federation -> federation.personal(ParameterMask.normalisation(others));
    }

    /**
     * Returns FedPer (M. G. Arivazhagan et al.: Federated Learning with Personalization Layers, 2019): each client
     * keeps its head, and trains it together with the body.
     *
     * @param head usually {@link ParameterMask#lastLayers} of 1; {@link ParameterMask#NONE} is federated averaging
     */
    public static UnaryOperator<Federation> fedPer(ParameterMask head) {
        return federation -> federation.personal(head);
    }

    /**
     * Returns LG-FedAvg (P. P. Liang et al.: Think Locally, Act Globally, 2020): each client keeps its representation,
     * the first layers, and shares the head.
     *
     * @param body such as {@link ParameterMask#firstLayers} of 2; {@link ParameterMask#NONE} is federated averaging
     */
    public static UnaryOperator<Federation> lgFedAvg(ParameterMask body) {
        return federation -> federation.personal(body);
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
     * <p>What is frozen keeps its buffers, too. Each phase starts its schedule anew.
     *
     * @param head usually {@link ParameterMask#lastLayers} of 1; {@link ParameterMask#NONE} is federated averaging
     * @param headEpochs the epochs of the first phase, 1 or more; the paper uses 10, with 1 for the body
     */
    public static UnaryOperator<Federation> fedRep(ParameterMask head, int headEpochs) {
        Arguments.require(
                headEpochs >= 1, "too few epochs for the head: head_epochs=" + headEpochs + ", limit=1 or more");
        Phases phases = Phases.of(new Phases.Phase(new Phases.Rest(head), headEpochs), new Phases.Phase(head, 0));
        return federation -> head.equals(ParameterMask.NONE)
                ? federation
                : federation.personal(head).objective(phases);
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
        Phases phases = Phases.of(new Phases.Phase(head, 0));
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
}
