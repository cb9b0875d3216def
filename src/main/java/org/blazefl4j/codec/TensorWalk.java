package org.blazefl4j.codec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.blazefl4j.util.Throwables;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Finds the tensors of a package, in the order and with the paths of {@link PackageEncoder}. Unlike the encoder, skips
 * objects that cannot cross, so it also works for packages that stay in this process.
 */
public final class TensorWalk {

    /**
     * A tensor of a package.
     *
     * @param path its first place in the package, such as {@code parameters} or {@code metadata[loss]}
     * @param tensor the tensor, possibly closed or on another device
     * @param unbounded whether it lies under a field annotated with {@link org.blazefl4j.torch.Unbounded}
     */
    public record Found(String path, Tensor tensor, boolean unbounded) {}

    private final List<Found> found = new ArrayList<>();
    private final SeenObjects seen = new SeenObjects();
    private final GraphPath path = new GraphPath();
    private boolean unbounded;

    private TensorWalk() {}

    /**
     * Lists the distinct Tensor objects that are reachable from a package.
     *
     * @throws IllegalArgumentException if objects lie more than 256 levels deep
     */
    public static List<Found> tensors(@Nullable Object graph) {
        TensorWalk walk = new TensorWalk();
        walk.visit(graph);
        return walk.found;
    }

    /** Closes all tensors of a package. */
    public static void closeAll(@Nullable Object graph) {
        closeAllExcept(graph, null);
    }

    /**
     * Closes the tensors of a package that are not also in another, such as unused tensors of a buffer.
     *
     * @param graph the package to close
     * @param kept the package whose Tensor objects stay open
     */
    public static void closeAllExcept(@Nullable Object graph, @Nullable Object kept) {
        Set<Tensor> keep = Collections.newSetFromMap(new IdentityHashMap<>());
        tensors(kept).forEach(found -> keep.add(found.tensor));
        for (Found found : tensors(graph)) {
            if (!keep.contains(found.tensor)) {
                found.tensor.close();
            }
        }
    }

    /**
     * Ends the use of a package: calls its {@code close()} if it is {@link AutoCloseable}, then closes each tensor that
     * this left as it was. A tensor that somebody keeps by {@code retainReference()} loses one reference only.
     *
     * @throws IllegalStateException if {@code close()} throws a checked exception; its tensors are closed nevertheless
     */
    public static void discard(@Nullable Object graph) {
        if (!(graph instanceof AutoCloseable closeable)) {
            closeAll(graph);
            return;
        }
        List<Found> all = tensors(graph);
        int[] references =
                all.stream().mapToInt(found -> found.tensor.referenceCount()).toArray();
        try {
            closeable.close();
        } catch (RuntimeException unchecked) {
            throw unchecked;
        } catch (Exception failure) {
            throw new IllegalStateException("package did not close: " + Throwables.text(failure), failure);
        } finally {
            for (int i = 0; i < references.length; i++) {
                Tensor tensor = all.get(i).tensor;
                if (tensor.referenceCount() == references[i]) {
                    tensor.close();
                }
            }
        }
    }

    private void visit(@Nullable Object value) {
        if (value == null || Declared.isPlain(value.getClass())) {
            return; // before the search for a plan, which takes long beside the rest
        }
        ClassPlan plan = ClassPlan.of(value.getClass());
        if (plan.kind.isNumbered() && seen.number(value) < 0) {
            if (plan.kind == Kind.TENSOR) {
                found.add(new Found(path.toString(), (Tensor) value, unbounded));
            } else if (!plan.kind.isLeaf() && plan.kind != Kind.REFUSED) {
                path.enter();
                visitParts(value, plan);
                path.leave();
            }
        }
    }

    private void visitParts(Object value, ClassPlan plan) {
        if (value instanceof Object[] array) {
            visitElements(Arrays.asList(array));
        } else if (plan.kind == Kind.OPTIONAL) {
            path.field(GraphPath.CONTENT);
            visit(((Optional<?>) value).orElse(null));
        } else if (plan.kind == Kind.RECORD || plan.kind == Kind.OBJECT) {
            visitFields(value, plan);
        } else if (value instanceof Map<?, ?> map) {
            visitEntries(map);
        } else if (value instanceof Collection<?> elements) {
            visitElements(elements);
        }
    }

    private void visitFields(Object value, ClassPlan plan) {
        boolean around = unbounded;
        for (FieldPlan field : plan.fields) {
            if (!field.plain) {
                path.field(field.name);
                unbounded = around || field.unbounded;
                visit(field.get(value));
            }
        }
        unbounded = around;
    }

    private void visitElements(Iterable<?> elements) {
        int index = 0;
        for (Object element : elements) {
            path.index(index++);
            visit(element);
        }
    }

    private void visitEntries(Map<?, ?> map) {
        int index = 0;
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            path.key(index);
            visit(entry.getKey());
            path.value(entry.getKey(), index++);
            visit(entry.getValue());
        }
    }
}
