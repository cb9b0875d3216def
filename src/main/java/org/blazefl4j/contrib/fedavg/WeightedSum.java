package org.blazefl4j.contrib.fedavg;

import java.util.Arrays;
import org.blazefl4j.binding.Native;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The sum of clients' parameters times their data sizes, in FP64, element by element in the order in which they were
 * added; divided by the sum of the sizes once, at the end.
 */
final class WeightedSum implements AutoCloseable {

    private final Tensor sum;
    private final long numel;
    private long weight;

    /**
     * An empty sum.
     *
     * @param numel the number of parameters
     */
    WeightedSum(long numel) {
        this.numel = numel;
        try (PointerScope scope = new PointerScope()) {
            this.sum = torch.zeros(new long[] {numel}, new org.bytedeco.pytorch.TensorOptions(ScalarType.Double));
            sum.retainReference();
        }
    }

    /**
     * Adds one client.
     *
     * @throws IllegalArgumentException if its data size, length or dtype is wrong; the sum is then as before
     */
    void add(FedAvgUplinkPackage uplink) {
        check(uplink);
        long total = Math.addExact(weight, uplink.dataSize());
        try (PointerScope scope = new PointerScope()) {
            Tensor dense = uplink.parameters().detach().cpu().contiguous();
            Native.foldF32(sum.data_ptr().address(), dense.data_ptr().address(), uplink.dataSize(), numel);
        }
        weight = total;
    }

    /**
     * Writes the mean of what was added.
     *
     * @param out float32, contiguous, on the CPU, shape [numel]
     */
    void mean(Tensor out) {
        try (PointerScope scope = new PointerScope()) {
            Native.divideF32(out.data_ptr().address(), sum.data_ptr().address(), weight, numel);
        }
    }

    /** Starts again from nothing. */
    void clear() {
        sum.zero_();
        weight = 0;
    }

    @Override
    public void close() {
        sum.close();
    }

    private void check(FedAvgUplinkPackage uplink) {
        String client = "client=" + uplink.cid();
        if (uplink.dataSize() <= 0) {
            throw new IllegalArgumentException("no samples: " + client + ", data_size=" + uplink.dataSize()
                    + ", limit=1 or more; leave out clients that trained on nothing");
        }
        Tensor parameters = uplink.parameters();
        if (parameters.scalar_type().intern() != ScalarType.Float) {
            throw new IllegalArgumentException("parameters of the wrong dtype: " + client + ", dtype="
                    + parameters.scalar_type().intern() + ", limit=Float; send the model's flat float32 state");
        }
        if (parameters.dim() != 1 || parameters.numel() != numel) {
            throw new IllegalArgumentException("parameters of the wrong shape: " + client + ", shape="
                    + Arrays.toString(parameters.shape()) + ", limit=[" + numel
                    + "]; send the whole state of the global model");
        }
    }
}
