package org.blazefl4j.process;

import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** The distinct tensors of a package. */
public final class PackageTensors {

    private PackageTensors() {}

    /** All tensors that are reachable through records, collections, maps, arrays and optionals. */
    public static Set<Tensor> of(Object graph) {
        Set<Tensor> tensors = Collections.newSetFromMap(new IdentityHashMap<>());
        visit(graph, tensors, Collections.newSetFromMap(new IdentityHashMap<>()));
        return tensors;
    }

    private static void visit(Object node, Set<Tensor> tensors, Set<Object> seen) {
        if (node instanceof Tensor tensor) {
            tensors.add(tensor);
        } else if (node instanceof Record
                || node instanceof Collection
                || node instanceof Map
                || node instanceof Object[]
                || node instanceof Optional) {
            if (seen.add(node)) {
                visitParts(node, tensors, seen);
            }
        }
    }

    private static void visitParts(Object node, Set<Tensor> tensors, Set<Object> seen) {
        if (node instanceof Collection<?> collection) {
            collection.forEach(part -> visit(part, tensors, seen));
        } else if (node instanceof Map<?, ?> map) {
            map.values().forEach(part -> visit(part, tensors, seen));
        } else if (node instanceof Object[] array) {
            for (Object part : array) {
                visit(part, tensors, seen);
            }
        } else if (node instanceof Optional<?> optional) {
            optional.ifPresent(part -> visit(part, tensors, seen));
        } else {
            for (RecordComponent component : node.getClass().getRecordComponents()) {
                visit(read(component, node), tensors, seen);
            }
        }
    }

    private static Object read(RecordComponent component, Object owner) {
        try {
            component.getAccessor().setAccessible(true);
            return component.getAccessor().invoke(owner);
        } catch (ReflectiveOperationException failure) {
            throw new IllegalStateException("package cannot be read: component=" + component, failure);
        }
    }

    /** Closes all tensors of a package that nobody took. */
    public static void close(Object graph) {
        of(graph).forEach(Tensor::close);
    }
}
