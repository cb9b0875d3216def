package org.blazefl4j.codec;

import static org.bytedeco.pytorch.global.torch.full;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Tuple;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * How to build an object graph: each step makes an object out of earlier ones, then links are added to objects that can
 * change, which shares objects and closes cycles.
 */
record GraphRecipe(List<Step> steps, List<Link> links) {

    record Step(int kind, int first, int second) {}

    record Link(int from, int to) {}

    enum Color {
        RED,
        GREEN {
            @Override
            public String toString() {
                return "green";
            }
        }
    }

    record Pair(Object left, Object right) {}

    record Numbers(int a, long b, double c, boolean d, char e, String text) {}

    /** Equal by identity. */
    static class Plain {
        private final Object first;
        private Object second;

        Plain(Object first) {
            this.first = first;
        }
    }

    /** Equal by content. */
    static final class Keyed extends Plain {
        private final String id;

        Keyed(String id, Object first) {
            super(first);
            this.id = id;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Keyed that && that.id.equals(id);
        }

        @Override
        public int hashCode() {
            return id.hashCode();
        }
    }

    static Arbitrary<GraphRecipe> any() {
        RandomDistribution even = RandomDistribution.uniform();
        Arbitrary<Integer> index = Arbitraries.integers().between(0, 40).withDistribution(even);
        Arbitrary<Integer> near = Arbitraries.integers().between(0, 6).withDistribution(even);
        Arbitrary<Integer> holder = Arbitraries.integers().between(0, 10).withDistribution(even);
        Arbitrary<Integer> leaf = Arbitraries.integers().between(11, 17).withDistribution(even);
        Arbitrary<Integer> kind = Arbitraries.frequencyOf(Tuple.of(4, holder), Tuple.of(1, leaf));
        Arbitrary<Step> steps = Combinators.combine(kind, near, index).as(Step::new);
        Arbitrary<Link> links = Combinators.combine(index, index).as(Link::new);
        return Combinators.combine(
                        steps.list().ofMaxSize(30).withSizeDistribution(even),
                        links.list().ofMaxSize(20).withSizeDistribution(even))
                .as(GraphRecipe::new);
    }

    /** Builds the objects; the last one is the root and holds all of them. */
    List<Object> build() {
        List<Object> pool = new ArrayList<>(List.of("leaf"));
        for (Step step : steps) {
            pool.add(make(step, pool));
        }
        pool.add(new ArrayList<>(pool));
        for (Link link : links) {
            add(at(pool, link.from), at(pool, link.to));
        }
        return pool;
    }

    /** Counts back from the end, so that the root is among the first. */
    private static Object at(List<Object> pool, int index) {
        return pool.get(pool.size() - 1 - index % pool.size());
    }

    private static Object make(Step step, List<Object> pool) {
        Object first = at(pool, step.first);
        Object second = at(pool, step.second);
        return switch (step.kind) {
            case 0 -> new ArrayList<>(Arrays.asList(first, second, null));
            case 1 -> List.of(first, second);
            case 2 -> new ArrayList<>(List.of(first, second, first)).subList(1, 3);
            case 3 -> new HashMap<>(Map.of(key(first, step), second));
            case 4 -> new TreeMap<>(Map.of("k" + step.first, first));
            case 5 -> new HashSet<>(List.of(key(first, step), key(second, step)).subList(0, 1));
            case 6 -> new Object[] {first, second};
            case 7 -> new Pair(first, second);
            case 8 -> Optional.of(first);
            case 9 -> new Plain(first);
            case 10 -> new Keyed("id" + step.first, first);
            case 11 -> full(new long[] {step.first % 4, 2}, new Scalar(step.second));
            case 12 ->
                new Numbers(step.first, -step.second, step.first / 7.0, step.second % 2 == 0, (char) step.first, "t");
            case 13 -> new int[][] {{step.first}, {}, null};
            case 14 -> step.first % 2 == 0 ? Color.RED : Color.GREEN;
            case 15 -> "text " + (char) (step.first * 60) + step.second;
            case 16 -> new float[step.first % 5];
            default -> step.first * 1_000_000_007L;
        };
    }

    /** Returns a key whose hash follows no links, which could lead back to it. */
    private static Object key(Object candidate, Step step) {
        boolean fits = candidate instanceof Plain
                || candidate instanceof String
                || candidate instanceof Numbers
                || candidate instanceof Color
                || candidate instanceof Long;
        return fits ? candidate : "key" + step.first;
    }

    @SuppressWarnings("unchecked")
    private static void add(Object from, Object to) {
        if (from instanceof ArrayList<?> list) {
            ((ArrayList<Object>) list).add(to);
        } else if (from instanceof HashMap<?, ?> map) {
            ((HashMap<Object, Object>) map).put(key(to, new Step(0, map.size(), 0)), to);
        } else if (from instanceof HashSet<?> set) {
            ((HashSet<Object>) set).add(key(to, new Step(0, set.size(), 0)));
        } else if (from instanceof Object[] array && array.getClass() == Object[].class) {
            array[1] = to;
        } else if (from instanceof Plain plain) {
            plain.second = to;
        }
    }

    /** Returns an object's parts in order, without using the codec. */
    static List<Object> parts(Object value) {
        if (value instanceof Collection<?> elements) {
            return new ArrayList<>(elements);
        } else if (value instanceof Map<?, ?> map) {
            List<Object> parts = new ArrayList<>(map.keySet());
            parts.addAll(map.values());
            return parts;
        } else if (value instanceof Object[] array) {
            return Arrays.asList(array);
        } else if (value instanceof Pair pair) {
            return List.of(pair.left, pair.right);
        } else if (value instanceof Optional<?> optional) {
            return List.of(optional.orElseThrow());
        } else if (value instanceof Plain plain) {
            return Arrays.asList(plain.first, plain.second);
        }
        return List.of();
    }

    /** Whether two objects are equal apart from their parts. */
    static boolean isAlike(Object sent, Object arrived) {
        if (sent instanceof Tensor tensor) {
            return arrived instanceof Tensor other && tensor.equal(other);
        } else if (sent instanceof Keyed keyed) {
            return arrived instanceof Keyed other && keyed.id.equals(other.id);
        } else if (sent instanceof float[] array) {
            return arrived instanceof float[] other && Arrays.equals(array, other);
        } else if (sent instanceof int[] array) {
            return arrived instanceof int[] other && Arrays.equals(array, other);
        }
        boolean hasParts = sent instanceof Collection || sent instanceof Map;
        boolean exact =
                sent instanceof Object[] || sent instanceof Pair || sent instanceof Optional || sent instanceof Plain;
        return hasParts
                ? isSameInterface(sent, arrived)
                : exact ? sent.getClass() == arrived.getClass() : sent.equals(arrived);
    }

    private static boolean isSameInterface(Object sent, Object arrived) {
        return sent instanceof List == arrived instanceof List
                && sent instanceof Set == arrived instanceof Set
                && sent instanceof Map == arrived instanceof Map
                && sent instanceof TreeMap == arrived instanceof TreeMap;
    }

    /** Whether objects of the class keep their identity. */
    static boolean hasIdentity(Object value) {
        return !(value instanceof Number || value instanceof Enum || value instanceof Boolean);
    }
}
