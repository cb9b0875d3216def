package org.blazefl4j.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.codec.HeapStore.cross;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Plain classes, identity and cycles. */
class CodecGraphsTest {

    private static class Base {
        private final int number;
        private String name = "base";

        Base(int number) {
            this.number = number;
        }
    }

    private static final class Derived extends Base {
        private final String name;
        private final transient Thread thread = new Thread();
        private final transient int derived;
        private final List<String> words;

        Derived(int number, String name, List<String> words) {
            super(number);
            if (words == null) {
                throw new IllegalArgumentException("words");
            }
            this.name = name;
            this.derived = 5;
            this.words = words;
        }
    }

    /** Equal by identity. */
    static class Node {
        Object next;
        Set<Node> neighbours = new HashSet<>();
        Node[] array;
        Map<Object, Object> map;
    }

    /** Equal by content, so hashing it needs its fields set. */
    static class Key implements Comparable<Key> {
        String id;
        Object link;

        Key(String id) {
            this.id = id;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && key.id.equals(id);
        }

        @Override
        public int hashCode() {
            return id.hashCode();
        }

        @Override
        public int compareTo(Key other) {
            return id.compareTo(other.id);
        }
    }

    record Link(Object target) {}

    record Through(Key key, Map<Key, Object> map) {}

    record Copying(List<Object> items, Map<Object, Object> map) {
        Copying {
            items = List.copyOf(items);
            map = Map.copyOf(map);
        }
    }

    record Defensive(int[] values) {
        @Override
        public int[] values() {
            return values.clone();
        }
    }

    class Inner {
        int x = 4;
    }

    class NeedsOuter {
        int outerField() {
            return field;
        }
    }

    /** A field of the outer instance of inner classes. */
    int field = 9;

    @Test
    void shouldCarryAllFieldsButTransientOnesAndRunNoConstructor() {
        Derived arrived = cross(new Derived(3, "derived", List.of("a")));
        assertThat(((Base) arrived).number).isEqualTo(3);
        assertThat(((Base) arrived).name).isEqualTo("base");
        assertThat(arrived.name).isEqualTo("derived");
        assertThat(arrived.words).containsExactly("a");
        assertThat(arrived.thread).isNull();
        assertThat(arrived.derived).isZero();
    }

    @Test
    void shouldCarryTheOuterInstanceOfInnerClassesIfItCanCross() {
        assertThat(cross(new NeedsOuter()).outerField()).isEqualTo(9);
        assertThat(cross(new Inner()).x).isEqualTo(4);
    }

    @Test
    void shouldReadRecordsByFieldNotByAccessor() {
        int[] values = {1, 2};
        Defensive record = new Defensive(values);
        List<Object> arrived = cross(List.of(record, values));
        assertThat(((Defensive) arrived.get(0)).values).isSameAs(arrived.get(1));
    }

    @Test
    void shouldKeepIdentityOfEverythingButNumbersAndEnums() {
        for (Object shared : List.of(
                new ArrayList<>(),
                new HashMap<>(),
                new int[1],
                new Object[1],
                new Node(),
                new Link("x"),
                new String("text"),
                Optional.of("x"))) {
            List<Object> arrived = cross(List.of(shared, List.of(shared), new Link(shared)));
            assertThat(arrived.get(0))
                    .isSameAs(((List<?>) arrived.get(1)).get(0))
                    .isSameAs(((Link) arrived.get(2)).target);
        }
        Link one = new Link("x");
        List<Object> arrived = cross(List.of(one, new Link("x")));
        assertThat(arrived.get(0)).isEqualTo(arrived.get(1)).isNotSameAs(arrived.get(1));
    }

    @Test
    void shouldKeepCyclesThroughListsMapsArraysSetsAndClasses() {
        List<Object> list = new ArrayList<>();
        list.add(list);
        List<Object> arrivedList = cross(list);
        assertThat(arrivedList.get(0)).isSameAs(arrivedList);

        Map<String, Object> map = new HashMap<>();
        map.put("self", map);
        Map<String, Object> arrivedMap = cross(map);
        assertThat(arrivedMap.get("self")).isSameAs(arrivedMap);

        Object[] array = new Object[1];
        array[0] = List.of(new Link("complete"), array);
        Object[] arrivedArray = cross(array);
        assertThat(((List<?>) arrivedArray[0]).get(1)).isSameAs(arrivedArray);

        Node node = new Node();
        node.next = node;
        node.neighbours.add(node);
        node.array = new Node[] {node};
        node.map = new TreeMap<>(Map.of("node", node));
        Node arrived = cross(node);
        assertThat(arrived.next).isSameAs(arrived);
        assertThat(arrived.neighbours).containsExactly(arrived);
        assertThat(arrived.array).containsExactly(arrived);
        assertThat(arrived.map.get("node")).isSameAs(arrived);
    }

    @Test
    void shouldFindKeysThatReferToTheirContainer() {
        Key outer = new Key("outer");
        Key inner = new Key("inner");
        inner.link = outer;
        Map<Key, Object> hashed = new HashMap<>(Map.of(outer, 1, inner, 2));
        Map<Key, Object> sorted = new TreeMap<>(hashed);
        Set<Object> nested = new HashSet<>(Set.of(List.of(inner), new HashSet<>(Set.of(inner))));
        outer.link = List.of(hashed, sorted, nested, hashed.keySet());

        List<?> arrived = (List<?>) cross(outer).link;

        assertThat(((Map<?, ?>) arrived.get(0)).get(new Key("outer"))).isEqualTo(1);
        assertThat(((Map<?, ?>) arrived.get(0)).get(new Key("inner"))).isEqualTo(2);
        assertThat(((Map<?, ?>) arrived.get(1)).get(new Key("inner"))).isEqualTo(2);
        assertThat(((Set<?>) arrived.get(2)).contains(List.of(new Key("inner"))))
                .isTrue();
        assertThat(((Set<?>) arrived.get(2)).contains(Set.of(new Key("inner")))).isTrue();
        assertThat(((Set<?>) arrived.get(3)).contains(new Key("outer"))).isTrue();
    }

    @Test
    void shouldFillMapsBeforeCreatingARecordAroundThem() {
        Key key = new Key("k");
        Map<Object, Object> map = new HashMap<>();
        map.put(key, 1);
        key.link = map;
        Copying arrived = cross(new Copying(List.of(key), Map.of("key", key)));
        Key arrivedKey = (Key) arrived.items.get(0);
        assertThat(arrived.map.get("key")).isSameAs(arrivedKey);
        assertThat(((Map<?, ?>) arrivedKey.link).get(new Key("k"))).isEqualTo(1);
    }

    @Test
    void shouldRefuseACycleThroughARecordByName() {
        List<Object> list = new ArrayList<>();
        Link link = new Link(list);
        list.add(link);
        String limit = ", expected=cycles of lists, sets, maps, arrays and plain classes;"
                + " this place leads back to what holds it: use a plain class there";
        assertCycle(link, "cannot cross: path=target[0], type=" + Link.class.getName() + limit);
        assertCycle(list, "cannot cross: path=[0].target, type=" + Link.class.getName() + limit);

        Key key = new Key("k");
        Map<Key, Object> map = new HashMap<>(Map.of(key, 1));
        key.link = new Through(key, map);
        assertCycle(key, "cannot cross: path=link.key, type=" + Through.class.getName() + limit);

        List<Object> throughOptional = new ArrayList<>();
        throughOptional.add(Optional.of(throughOptional));
        assertCycle(throughOptional, "cannot cross: path=[0].get(), type=java.util.Optional" + limit);
    }

    @Test
    void shouldRefuseACycleThroughARecordThatCrossesAFinishedObject() {
        Node finished = new Node();
        List<Object> root = new ArrayList<>();
        finished.next = root;
        root.add(finished);
        root.add(new Link(finished));
        assertCycle(
                root,
                "cannot cross: path=[1].target, type=" + Link.class.getName()
                        + ", expected=cycles of lists, sets, maps, arrays and plain classes;"
                        + " this place leads back to what holds it: use a plain class there");
    }

    private static void assertCycle(Object graph, String message) {
        assertThatThrownBy(() -> cross(graph))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void shouldAllowARecordBesideACycle() {
        Node finished = new Node();
        finished.next = finished;
        List<Object> arrived = cross(List.of(finished, new Link(finished)));
        assertThat(((Link) arrived.get(1)).target).isSameAs(arrived.get(0));
        assertThat(((Node) arrived.get(0)).next).isSameAs(arrived.get(0));
    }

    @Test
    void shouldKeepNothingBetweenMessages() {
        PackageEncoder encoder = new PackageEncoder();
        List<Object> graph = List.of("shared", new Link("x"));
        byte[] first = HeapStore.bytes(encoder.encode(graph, new HeapStore()));
        byte[] second = HeapStore.bytes(encoder.encode(graph, new HeapStore()));
        assertThat(second).isEqualTo(first);
        assertThat(HeapStore.bytes(new PackageEncoder().encode(graph, new HeapStore())))
                .isEqualTo(first);
    }
}
