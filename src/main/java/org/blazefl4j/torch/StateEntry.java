package org.blazefl4j.torch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.LayoutOptional;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.StringSharedModuleDict;
import org.bytedeco.pytorch.StringTensorDict;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One tensor of a module's state and its position in the flat vector.
 *
 * @param name as in PyTorch's {@code state_dict}
 * @param tensor the module's tensor, referenced by this entry
 * @param shape its shape
 * @param offset the position of its first element in the flat vector
 * @param numel the number of its elements
 * @param floating whether it is float32; otherwise it holds integers
 */
record StateEntry(String name, Tensor tensor, long[] shape, long offset, long numel, boolean floating) {

    /**
     * Returns a module's state in the order of PyTorch's {@code state_dict}: the module's own parameters, its own
     * buffers, then its children, each in the order of registration.
     *
     * @throws IllegalArgumentException if the module has no state, or a tensor is registered twice or is neither
     *     float32 nor integer
     */
    static List<StateEntry> of(Module module) {
        List<StateEntry> entries = new ArrayList<>();
        try (PointerScope scope = new PointerScope()) {
            walk(module, "", entries);
        }
        if (entries.isEmpty()) {
            throw new IllegalArgumentException(
                    "module has no state: parameters=0, limit=1 or more; register its layers before flattening it");
        }
        refuseTwice(entries);
        return List.copyOf(entries);
    }

    /** Allocates a float32 vector for the whole state, on the module's device; contents undefined. */
    static Tensor newFlat(List<StateEntry> entries) {
        StateEntry last = entries.get(entries.size() - 1);
        try (ScalarTypeOptional dtype = new ScalarTypeOptional(ScalarType.Float);
                LayoutOptional layout = new LayoutOptional();
                DeviceOptional device = new DeviceOptional();
                BoolOptional pinned = new BoolOptional()) {
            return last.tensor.new_empty(new long[] {last.offset + last.numel}, dtype, layout, device, pinned);
        }
    }

    /** Returns a view of this tensor's part of the flat vector, in this tensor's shape. */
    Tensor slice(Tensor flat) {
        return flat.narrow(0, offset, numel).view(shape);
    }

    private static void walk(Module module, String prefix, List<StateEntry> entries) {
        append(module.named_parameters(false), prefix, entries);
        append(module.named_buffers(false), prefix, entries);
        StringSharedModuleDict children = module.named_children();
        StringVector names = children.keys();
        for (long i = 0; i < names.size(); i++) {
            String name = names.get(i).getString();
            walk(children.get(name), prefix + name + ".", entries);
        }
    }

    private static void append(StringTensorDict dict, String prefix, List<StateEntry> entries) {
        StringVector names = dict.keys();
        TensorVector values = dict.values();
        for (long i = 0; i < names.size(); i++) {
            StateEntry last = entries.isEmpty() ? null : entries.get(entries.size() - 1);
            long offset = last == null ? 0 : last.offset + last.numel;
            entries.add(create(prefix + names.get(i).getString(), values.get(i), offset));
        }
    }

    private static StateEntry create(String name, Tensor value, long offset) {
        ScalarType dtype = value.scalar_type().intern();
        boolean floating = dtype == ScalarType.Float;
        if (!floating && (value.is_floating_point() || value.is_complex())) {
            throw new IllegalArgumentException("state is not float32: name=" + name + ", dtype=" + dtype
                    + ", expected=Float or integers; convert the model with to(ScalarType.Float, false)");
        }
        Tensor reference = new Tensor(value);
        reference.retainReference();
        return new StateEntry(name, reference, value.shape(), offset, value.numel(), floating);
    }

    private static void refuseTwice(List<StateEntry> entries) {
        Map<Long, String> seen = new HashMap<>();
        for (StateEntry entry : entries) {
            String first = seen.putIfAbsent(entry.tensor.unsafeGetTensorImpl().address(), entry.name);
            if (first != null) {
                throw new IllegalArgumentException("state registered twice: names=" + first + " and " + entry.name
                        + "; register a shared tensor once");
            }
        }
    }
}
