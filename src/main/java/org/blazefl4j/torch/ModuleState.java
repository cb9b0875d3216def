package org.blazefl4j.torch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.blazefl4j.util.Arguments;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.LayoutOptional;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.StringSharedModuleDict;
import org.bytedeco.pytorch.StringTensorDict;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A module's state in the order of PyTorch's {@code state_dict}: the module's own parameters, its own buffers, then its
 * children, each in the order of registration. Copies it to and from flat float32 vectors, which callers have checked
 * by {@link #requireFlat}.
 */
final class ModuleState implements AutoCloseable {

    private final List<StateEntry> entries = new ArrayList<>();
    private final List<StateEntry> floats = new ArrayList<>();
    private final List<StateEntry> counters = new ArrayList<>();
    private long numel;

    /**
     * References the tensors of a module.
     *
     * @throws IllegalArgumentException if the module has no state, or a tensor is registered twice or is neither
     *     float32 nor integer
     */
    ModuleState(Module module) {
        try (PointerScope scope = new PointerScope()) {
            walk(module, "");
        }
        Arguments.require(
                !entries.isEmpty(),
                "module has no state: parameters=0, limit=1 or more; register its layers before flattening it");
        refuseTwice();
    }

    private void walk(Module module, String prefix) {
        append(module.named_parameters(false), prefix);
        append(module.named_buffers(false), prefix);
        StringSharedModuleDict children = module.named_children();
        StringVector names = children.keys();
        for (long i = 0; i < names.size(); i++) {
            String name = names.get(i).getString();
            walk(children.get(name), prefix + name + ".");
        }
    }

    private void append(StringTensorDict dict, String prefix) {
        StringVector names = dict.keys();
        TensorVector values = dict.values();
        for (long i = 0; i < names.size(); i++) {
            append(prefix + names.get(i).getString(), values.get(i));
        }
    }

    private void append(String name, Tensor value) {
        ScalarType dtype = Tensors.type(value);
        boolean floating = dtype == ScalarType.Float;
        if (!floating && (value.is_floating_point() || value.is_complex())) {
            throw new IllegalArgumentException("state is not float32: name=" + name + ", dtype=" + dtype
                    + ", expected=Float or integers; convert the model with to(ScalarType.Float, false)");
        }
        Tensor reference = new Tensor(value);
        reference.retainReference();
        StateEntry entry = new StateEntry(name, reference, value.shape(), numel, value.numel(), floating);
        entries.add(entry);
        (floating ? floats : counters).add(entry);
        numel += value.numel();
    }

    private void refuseTwice() {
        Map<Long, String> seen = new HashMap<>();
        for (StateEntry entry : entries) {
            String first = seen.putIfAbsent(entry.tensor().unsafeGetTensorImpl().address(), entry.name());
            if (first != null) {
                throw new IllegalArgumentException("state registered twice: names=" + first + " and " + entry.name()
                        + "; register a shared tensor once");
            }
        }
    }

    List<StateEntry> entries() {
        return entries;
    }

    /** Returns the tensors by name, in this order. */
    Map<String, Tensor> tensors() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        entries.forEach(entry -> tensors.put(entry.name(), entry.tensor()));
        return Collections.unmodifiableMap(tensors);
    }

    /** Returns the number of elements. */
    long numel() {
        return numel;
    }

    /** Allocates a vector on the module's device; contents undefined. */
    Tensor newFlat() {
        try (ScalarTypeOptional dtype = new ScalarTypeOptional(ScalarType.Float);
                LayoutOptional layout = new LayoutOptional();
                DeviceOptional device = new DeviceOptional();
                BoolOptional pinned = new BoolOptional()) {
            return entries.get(0).tensor().new_empty(new long[] {numel}, dtype, layout, device, pinned);
        }
    }

    private static void forEach(List<StateEntry> chosen, Consumer<StateEntry> action) {
        if (!chosen.isEmpty()) {
            try (NoGradGuard guard = new NoGradGuard();
                    PointerScope scope = new PointerScope()) {
                chosen.forEach(action);
            }
        }
    }

    void copyTo(Tensor flat) {
        forEach(entries, entry -> entry.slice(flat).copy_(entry.tensor()));
    }

    void copyCountersTo(Tensor flat) {
        forEach(counters, entry -> entry.slice(flat).copy_(entry.tensor()));
    }

    void copyFloatsFrom(Tensor flat) {
        forEach(floats, entry -> entry.tensor().copy_(entry.slice(flat)));
    }

    /**
     * Copies all counters from a vector, rounded. Does not look at one on a CUDA device, which would wait for it.
     *
     * @throws IllegalArgumentException if one of them is not finite; none is copied then
     */
    void copyCountersFrom(Tensor flat) {
        if (counters.isEmpty()) {
            return;
        }
        try (NoGradGuard guard = new NoGradGuard();
                PointerScope scope = new PointerScope()) {
            Tensor rounded = roundedCounters(flat);
            if (!rounded.is_cuda()) {
                requireFinite(rounded);
            }
            long from = 0;
            for (StateEntry entry : counters) {
                entry.tensor().copy_(rounded.narrow(0, from, entry.numel()).view(entry.shape()));
                from += entry.numel();
            }
        }
    }

    private Tensor roundedCounters(Tensor flat) {
        TensorVector slices = new TensorVector();
        counters.forEach(entry -> slices.push_back(flat.narrow(0, entry.offset(), entry.numel())));
        return torch.cat(slices).round_();
    }

    private void requireFinite(Tensor values) {
        if (values.isfinite().all().item_bool()) {
            return;
        }
        long from = 0;
        for (StateEntry entry : counters) {
            if (!values.narrow(0, from, entry.numel()).isfinite().all().item_bool()) {
                throw new IllegalArgumentException("counter is not finite: name=" + entry.name()
                        + "; the vector is damaged or its training diverged");
            }
            from += entry.numel();
        }
    }

    /** Makes float32 tensors views of a vector. */
    void viewIn(Tensor flat) {
        forEach(floats, entry -> entry.tensor().set_data(entry.slice(flat)));
    }

    /** Returns the elements of some entries. */
    FlatRanges ranges(Predicate<StateEntry> chosen) {
        return new FlatRanges(entries.stream().filter(chosen).toList());
    }

    /** Checks that a vector is float32 of this state's length. */
    void requireFlat(String what, Tensor flat) {
        boolean fits = flat.dim() == 1 && flat.numel() == numel;
        if (!fits || Tensors.type(flat) != ScalarType.Float) {
            throw new IllegalArgumentException(what + ": shape=" + Arrays.toString(flat.shape()) + ", dtype="
                    + Tensors.type(flat) + ", expected=[" + numel
                    + "] of Float; give a vector made by flatten() of the same model");
        }
    }

    /** Checks that the float32 tensors can become views of a vector. */
    void requireBindable(Tensor flat) {
        requireInPlace("bind", flat);
        for (StateEntry entry : entries) {
            if (entry.floating() && !entry.tensor().is_contiguous()) {
                throw new IllegalStateException("bind: name=" + entry.name()
                        + ", layout=not contiguous in NCHW order, expected=contiguous; load and flatten such a module, or"
                        + " make its tensors contiguous first");
            }
        }
    }

    /** Checks that a vector is contiguous, without gradient and on the module's device. */
    void requireInPlace(String what, Tensor flat) {
        Tensor first = entries.get(0).tensor();
        if (!flat.is_contiguous() || flat.requires_grad()) {
            throw new IllegalArgumentException(what + ": contiguous=" + flat.is_contiguous() + ", requires_grad="
                    + flat.requires_grad() + ", expected=contiguous without gradient; give flat.detach().contiguous()");
        }
        try (PointerScope scope = new PointerScope()) {
            if (!flat.device().equals(first.device())) {
                throw new IllegalArgumentException(
                        what + ": device=" + flat.device().str().getString() + ", expected="
                                + first.device().str().getString() + "; move the vector to the module's device");
            }
        }
    }

    /** Drops the references. */
    @Override
    public void close() {
        entries.forEach(entry -> entry.tensor().close());
    }
}
