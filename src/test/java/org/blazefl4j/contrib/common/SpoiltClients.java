package org.blazefl4j.contrib.common;

import java.util.Map;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.model.Model;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Clients whose worker's kept objects are filled with garbage before each call.
 *
 * @param clients the algorithm
 * @param worker calls {@link #spoil}, then trains a client
 */
public record SpoiltClients<C, D, U>(ClientAlgorithm<C, D, U> clients, ClientWorker<C, D, U> worker)
        implements ClientAlgorithm<C, D, U> {

    /** Fills parameters, gradients and buffers with NaN, counters with a million, and sets evaluation mode. */
    public static void spoil(Model model) {
        try (NoGradGuard guard = new NoGradGuard();
                PointerScope scope = new PointerScope()) {
            Scalar nan = new Scalar(Float.NaN);
            Scalar count = new Scalar(1_000_000);
            TensorVector parameters = model.parameters();
            for (long i = 0; i < parameters.size(); i++) {
                spoilGradient(parameters.get(i), nan);
                parameters.get(i).fill_(nan);
            }
            TensorVector buffers = model.buffers();
            for (long i = 0; i < buffers.size(); i++) {
                buffers.get(i).fill_(buffers.get(i).is_floating_point() ? nan : count);
            }
            model.eval();
        }
    }

    private static void spoilGradient(Tensor parameter, Scalar nan) {
        Tensor gradient = parameter.mutable_grad();
        if (gradient.defined()) {
            gradient.fill_(nan);
        } else {
            gradient.put(torch.full_like(parameter, nan));
        }
    }

    @Override
    public C getClientConfig(int cid) {
        return clients.getClientConfig(cid);
    }

    @Override
    public U prepareUplinkPackageBuffer() {
        return clients.prepareUplinkPackageBuffer();
    }

    @Override
    public Map<String, ?> shared() {
        return clients.shared();
    }

    @Override
    public long dataSize(int cid) {
        return clients.dataSize(cid);
    }
}
