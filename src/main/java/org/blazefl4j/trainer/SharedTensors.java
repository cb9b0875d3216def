package org.blazefl4j.trainer;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Tensor;

/** The tensors that a trainer shares with its clients by name. */
final class SharedTensors implements AutoCloseable {

    private final Map<String, Tensor> tensors = new ConcurrentHashMap<>();

    /** Checks that a name is not blank and a tensor is open. */
    static void check(String name, Tensor tensor) {
        Arguments.require(
                name != null && !name.isBlank(), "name is blank: name=" + name + "; give the shared tensor a name");
        Arguments.require(
                Tensors.isOpen(tensor),
                "tensor is undefined: name=" + name + "; share a tensor that is not null, closed or empty of type");
    }

    /** Adds what {@code toShare} makes of a tensor, unless its name is taken. */
    void put(String name, Tensor tensor, BiFunction<String, Tensor, Tensor> toShare) {
        Arguments.require(
                !tensors.containsKey(name),
                "name is taken: name=" + name + ", expected=one tensor per name; choose another name");
        tensors.put(name, toShare.apply(name, tensor));
    }

    /** Returns the tensors, those that are added later included. */
    Map<String, Tensor> byName() {
        return tensors;
    }

    @Override
    public void close() {
        tensors.values().forEach(Tensor::close);
    }
}
