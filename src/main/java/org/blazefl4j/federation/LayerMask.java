package org.blazefl4j.federation;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.blazefl4j.util.Arguments;

/**
 * Masks of whole layers: a layer is what the names of a module with parameters or buffers of its own have before the
 * last dot.
 */
final class LayerMask {

    private static final String STATISTICS = "running_mean";

    private LayerMask() {}

    /** Returns the names of each layer, in the order of the model. */
    private static Map<String, List<String>> layers(List<String> names) {
        Map<String, List<String>> layers = new LinkedHashMap<>();
        for (String name : names) {
            String layer = name.substring(0, Math.max(0, name.lastIndexOf('.')));
            layers.computeIfAbsent(layer, key -> new ArrayList<>()).add(name);
        }
        return layers;
    }

    /** The first layers of a model, or its last. */
    record Outer(int count, boolean last) implements ParameterMask {

        Outer {
            Arguments.require(count >= 1, "too few layers: layers=" + count + ", limit=1 or more");
        }

        @Override
        public Set<String> of(List<String> names) {
            List<List<String>> layers = List.copyOf(layers(names).values());
            int size = layers.size();
            Arguments.require(
                    count <= size, "too many layers: layers=" + count + ", limit=" + size + ", the model's number");
            Set<String> found = new HashSet<>();
            layers.subList(last ? size - count : 0, last ? size : count).forEach(found::addAll);
            return found;
        }
    }

    /** The layers with running statistics, and what fits other patterns. */
    record Normalisation(Named others) implements ParameterMask {

        @Override
        public Set<String> of(List<String> names) {
            Set<String> found = new HashSet<>(others.of(names));
            layers(names).forEach((layer, own) -> {
                if (own.contains(layer.isEmpty() ? STATISTICS : layer + "." + STATISTICS)) {
                    found.addAll(own);
                }
            });
            return found;
        }
    }

    /** What one mask or another chooses. */
    record Either(ParameterMask one, ParameterMask other) implements ParameterMask {

        @Override
        public Set<String> of(List<String> names) {
            Set<String> found = new HashSet<>(one.of(names));
            found.addAll(other.of(names));
            return found;
        }
    }
}
