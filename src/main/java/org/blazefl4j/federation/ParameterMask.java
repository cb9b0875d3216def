package org.blazefl4j.federation;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Chooses some of a model's tensors by their {@code state_dict} names, such as those that clients keep to themselves.
 * Crosses into worker processes, so it is best a record.
 */
@FunctionalInterface
public interface ParameterMask {

    /** Chooses nothing. */
    ParameterMask NONE = new Named(List.of());

    /**
     * Returns the chosen names.
     *
     * @param names all names of a model, in the order of its flat vector
     */
    Set<String> of(List<String> names);

    /**
     * Chooses names by patterns in which {@code *} stands for any characters: {@code fc2.*} is the layer {@code fc2}.
     *
     * @throws IllegalArgumentException when a model has no name that fits a pattern
     */
    static ParameterMask named(String... patterns) {
        return new Named(List.of(patterns));
    }

    /**
     * Chooses a model's first layers. A layer is a module with parameters or buffers of its own, such as a convolution;
     * layers are in the order of their names in {@code state_dict}.
     *
     * @param count 0 for none
     * @throws IllegalArgumentException if it is below 0, or when a model has fewer layers
     */
    static ParameterMask firstLayers(int count) {
        return count == 0 ? NONE : new LayerMask.Outer(count, false);
    }

    /** Chooses a model's last layers, as {@link #firstLayers}. */
    static ParameterMask lastLayers(int count) {
        return count == 0 ? NONE : new LayerMask.Outer(count, true);
    }

    /**
     * Chooses the normalisation layers: those with running statistics, as BatchNorm's.
     *
     * @param others patterns, as of {@link #named}, for layers without statistics, as GroupNorm's
     * @throws IllegalArgumentException when a model has no name that fits a pattern
     */
    static ParameterMask normalisation(String... others) {
        return new LayerMask.Normalisation(new Named(List.of(others)));
    }

    /** Returns a mask that chooses what this one or another chooses. */
    default ParameterMask or(ParameterMask other) {
        if (other.equals(NONE) || other.equals(this)) {
            return this;
        }
        return equals(NONE) ? other : new LayerMask.Either(this, other);
    }

    /** {@link #named}. */
    record Named(List<String> patterns) implements ParameterMask {

        @Override
        public Set<String> of(List<String> names) {
            return patterns.stream()
                    .flatMap(pattern -> matching(pattern, names).stream())
                    .collect(Collectors.toSet());
        }

        private static List<String> matching(String pattern, List<String> names) {
            Pattern compiled = Pattern.compile(Pattern.quote(pattern).replace("*", "\\E.*\\Q"));
            List<String> found =
                    names.stream().filter(compiled.asMatchPredicate()).toList();
            if (found.isEmpty()) {
                throw new IllegalArgumentException("no such parameters: pattern=" + pattern + ", expected=one of "
                        + names + ", or a part of it with *");
            }
            return found;
        }
    }
}
