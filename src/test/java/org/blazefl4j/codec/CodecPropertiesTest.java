package org.blazefl4j.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;
import org.bytedeco.javacpp.PointerScope;

/** Generated object graphs arrive with the same contents, sharing and cycles. */
class CodecPropertiesTest {

    @Provide
    Arbitrary<GraphRecipe> recipes() {
        return GraphRecipe.any();
    }

    @Property(tries = 2000)
    @SuppressWarnings("try")
    void shouldKeepContentsAndIdentityOrRefuseACycleThroughARecord(@ForAll("recipes") GraphRecipe recipe) {
        try (PointerScope scope = new PointerScope()) {
            List<Object> pool = recipe.build();
            Object root = pool.get(pool.size() - 1);
            boolean refused = isRefused(pool);
            Statistics.label("refused").collect(refused).coverage(both -> {
                both.check(true).count(count -> count > 30);
                both.check(false).count(count -> count > 500);
            });
            if (refused) {
                assertThatThrownBy(() -> HeapStore.cross(root))
                        .hasMessageContaining("expected=cycles of lists, sets, maps, arrays and plain classes");
            } else {
                assertSameGraph(root, HeapStore.cross(root));
            }
        }
    }

    @Property(tries = 500)
    @SuppressWarnings("try")
    void shouldWriteEachMessageIndependently(
            @ForAll("recipes") GraphRecipe first, @ForAll("recipes") GraphRecipe second) {
        try (PointerScope scope = new PointerScope()) {
            List<Object> graphs = List.of(root(first), root(second));
            PackageEncoder encoder = new PackageEncoder();
            encodeIfPossible(encoder, graphs.get(0));
            byte[] afterOther = encodeIfPossible(encoder, graphs.get(1));
            byte[] alone = encodeIfPossible(new PackageEncoder(), graphs.get(1));
            assertThat(afterOther).isEqualTo(alone);
        }
    }

    private static Object root(GraphRecipe recipe) {
        List<Object> pool = recipe.build();
        return pool.get(pool.size() - 1);
    }

    private static byte[] encodeIfPossible(PackageEncoder encoder, Object graph) {
        try (HeapStore store = new HeapStore()) {
            return HeapStore.bytes(encoder.encode(graph, store));
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }

    /** Whether the last object of a pool cannot cross. */
    static boolean isRefused(List<Object> pool) {
        Object root = pool.get(pool.size() - 1);
        return pool.stream().anyMatch(object -> isOnCycle(object) && reaches(root, object));
    }

    /** Whether the object may not be on a cycle but is on one. */
    private static boolean isOnCycle(Object object) {
        boolean fixed = object instanceof GraphRecipe.Pair || object instanceof Optional;
        return fixed && GraphRecipe.parts(object).stream().anyMatch(part -> reaches(part, object));
    }

    private static boolean reaches(Object from, Object target) {
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Object> open = new ArrayDeque<>(List.of(from));
        while (!open.isEmpty()) {
            Object next = open.pop();
            if (next == target) {
                return true;
            }
            if (seen.add(next)) {
                GraphRecipe.parts(next).stream().filter(part -> part != null).forEach(open::push);
            }
        }
        return false;
    }

    static void assertSameGraph(Object sentRoot, Object arrivedRoot) {
        Map<Object, Object> partners = new IdentityHashMap<>();
        Deque<Object[]> open = new ArrayDeque<>();
        open.push(new Object[] {sentRoot, arrivedRoot});
        while (!open.isEmpty()) {
            Object[] pair = open.pop();
            Object sent = pair[0];
            Object arrived = pair[1];
            if (sent == null || !GraphRecipe.hasIdentity(sent)) {
                assertThat(arrived).isEqualTo(sent);
            } else if (partners.containsKey(sent)) {
                assertThat(arrived).isSameAs(partners.get(sent));
            } else {
                partners.put(sent, arrived);
                assertThat(GraphRecipe.isAlike(sent, arrived)).isTrue();
                pushParts(sent, arrived, open);
            }
        }
        Set<Object> distinct = Collections.newSetFromMap(new IdentityHashMap<>());
        distinct.addAll(partners.values());
        assertThat(distinct).as("no two objects became one").hasSize(partners.size());
    }

    private static void pushParts(Object sent, Object arrived, Deque<Object[]> open) {
        List<Object> sentParts = GraphRecipe.parts(sent);
        List<Object> arrivedParts = GraphRecipe.parts(arrived);
        assertThat(arrivedParts).hasSameSizeAs(sentParts);
        for (int i = 0; i < sentParts.size(); i++) {
            open.push(new Object[] {sentParts.get(i), arrivedParts.get(i)});
        }
        if (arrived instanceof Set<?> set) {
            assertThat(set).as("elements are found by their hash").allMatch(set::contains);
        }
        if (arrived instanceof Map<?, ?> map) {
            assertThat(new HashSet<>(map.keySet())).allMatch(map::containsKey);
        }
    }
}
