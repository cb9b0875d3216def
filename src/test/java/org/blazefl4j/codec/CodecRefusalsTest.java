package org.blazefl4j.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.codec.HeapStore.cross;

import java.io.ByteArrayInputStream;
import java.lang.ref.WeakReference;
import java.lang.reflect.Proxy;
import java.net.Socket;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.TreeMap;
import java.util.Vector;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Refusals name the object's place in the graph, its class and a remedy. */
class CodecRefusalsTest {

    private static final String LIMIT =
            "expected=records, enums, strings, numbers, dates, collections, maps, arrays, Optionals,"
                    + " tensors and plain classes of these; ";
    private static final String LEAVE_OUT = LIMIT + "leave it out of what is sent, or mark the field transient";
    private static final String LAMBDA =
            LIMIT + "instead of a lambda or method reference use a record or an enum that implements the interface";

    enum Nothing {}

    record Holder(Object value) {}

    record Config(int cid, Logger logger) {}

    record Legacy(Vector<Integer> numbers) {}

    static class Noise extends Random {
        private static final long serialVersionUID = 1L;
    }

    static class Failure extends Exception {
        private static final long serialVersionUID = 1L;
    }

    class Inner {
        final int x = outerNumber;
    }

    private final Thread thread = new Thread();
    private final int outerNumber = thread.isAlive() ? 1 : 0;

    static Stream<Arguments> refused() {
        IntSupplier lambda = () -> 1;
        Supplier<List<Object>> reference = ArrayList::new;
        Object proxy = Proxy.newProxyInstance(
                CodecRefusalsTest.class.getClassLoader(),
                new Class<?>[] {Runnable.class},
                (self, method, args) -> null);
        return Stream.of(
                Arguments.of(Thread.currentThread(), LEAVE_OUT),
                Arguments.of(new ByteArrayInputStream(new byte[1]), LEAVE_OUT),
                Arguments.of(CodecRefusalsTest.class.getClassLoader(), LEAVE_OUT),
                Arguments.of(Stream.of(1), LEAVE_OUT),
                Arguments.of(Executors.newCachedThreadPool(), LEAVE_OUT),
                Arguments.of(ProcessHandle.current(), LEAVE_OUT),
                Arguments.of(new ReentrantLock(), LEAVE_OUT),
                Arguments.of(new Socket(), LEAVE_OUT),
                Arguments.of(new WeakReference<>("x"), LEAVE_OUT),
                Arguments.of(Logger.getAnonymousLogger(), LEAVE_OUT),
                Arguments.of(String.class, LEAVE_OUT),
                Arguments.of(new AtomicInteger(), LEAVE_OUT),
                Arguments.of(new Random(1), LEAVE_OUT),
                Arguments.of(new Object(), LEAVE_OUT),
                Arguments.of(new Failure(), LEAVE_OUT),
                Arguments.of(
                        new Noise(),
                        LIMIT
                                + "it extends java.util.Random, whose state is not accessible: use a field of that type instead"),
                Arguments.of(lambda, LAMBDA),
                Arguments.of(reference, LAMBDA),
                Arguments.of(proxy, LIMIT + "instead of a proxy use a record that implements the interface"),
                Arguments.of(
                        new BytePointer(1),
                        LIMIT + "of native objects only tensors cross, such as a model's flat parameters"),
                Arguments.of(
                        new Scalar(1),
                        LIMIT + "of native objects only tensors cross, such as a model's flat parameters"),
                Arguments.of(new PriorityQueue<>(List.of(1)), LIMIT + "send the elements as a list or an ArrayDeque"),
                Arguments.of(
                        new IdentityHashMap<>(Map.of(1, 2)),
                        LIMIT + "keys are equal by equals() on arrival: send a list of pairs"));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void shouldNamePathAndClass(Object value, String why) {
        String text = "type=" + value.getClass().getName() + ", " + why;
        assertRefused(value, "cannot cross: path=(root), " + text);
        assertRefused(List.of(0, new Holder(value)), "cannot cross: path=[1].value, " + text);
        assertThat(TensorWalk.tensors(List.of(value))).isEmpty();
    }

    private static void assertRefused(Object graph, String message) {
        assertThatThrownBy(() -> cross(graph))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void shouldNameThePathThroughFieldsMapsAndKeys() {
        Map<Object, Object> map = new LinkedHashMap<>();
        map.put("first", 1);
        map.put("config", new Holder(new Config(3, Logger.getAnonymousLogger())));
        assertRefused(
                new Holder(map),
                "cannot cross: path=value[config].value.logger, type=java.util.logging.Logger, " + LEAVE_OUT);
        map.put("config", 2);
        map.put(new Holder(new Object()), 3);
        assertRefused(map, "cannot cross: path=key[2].value, type=java.lang.Object, " + LEAVE_OUT);
        assertRefused(
                Map.of("a key of more than forty letters is cut short", new Object()),
                "cannot cross: path=[a key of more than forty letters is cut ...], type=java.lang.Object, "
                        + LEAVE_OUT);
        assertRefused(
                Map.of(new Holder(1), new Object()),
                "cannot cross: path=[value 0], type=java.lang.Object, " + LEAVE_OUT);
        assertRefused(Map.of(3, new Object()), "cannot cross: path=[3], type=java.lang.Object, " + LEAVE_OUT);
    }

    @Test
    void shouldSayHowToFixAnInnerClassWhoseOuterInstanceCannotCross() {
        assertRefused(
                new Inner(),
                "cannot cross: path=this$0.thread, type=java.lang.Thread, " + LEAVE_OUT
                        + "; or make the inner class static");
    }

    @Test
    void shouldRefusePlacesThatCannotHoldTheArrivingType() {
        assertRefused(
                new Legacy(new Vector<>(List.of(1))),
                "cannot cross: path=numbers, type=java.util.Vector, expected=places that can hold the java.util.ArrayList that"
                        + " arrives; declare it as java.util.ArrayList or a supertype of it");
        Collection<?>[] vectors = new Vector<?>[] {new Vector<>()};
        assertThatThrownBy(() -> cross(vectors)).hasMessageContaining("path=[0], type=java.util.Vector");
        assertThat(cross(new Holder(new Vector<>(List.of(1))))).isEqualTo(new Holder(List.of(1)));
    }

    @Test
    void shouldRefuseSortedMapsWhoseComparatorCannotCross() {
        Map<String, Integer> map = new TreeMap<>((a, b) -> b.compareTo(a));
        map.put("x", 1);
        assertThatThrownBy(() -> cross(new Holder(map)))
                .hasMessageStartingWith("cannot cross: path=value.comparator(), type="
                        + getClass().getName() + "$$Lambda")
                .hasMessageEndingWith(", " + LAMBDA);
    }

    @Test
    void shouldRefuseEnumValuesThatAreNoConstants() {
        assertRefused(
                EnumSet.noneOf(Nothing.class),
                "cannot cross: path=(root), type=java.util.RegularEnumSet, expected=sets of enums that have constants; use an"
                        + " empty set");
        try (Tensor tensor = torch.empty(1)) {
            assertRefused(
                    tensor.scalar_type(),
                    "cannot cross: path=(root), type=org.bytedeco.pytorch.global.torch$ScalarType, expected=the enum's own"
                            + " constants; this one was made by native code: call intern()");
            assertThat(cross(tensor.scalar_type().intern())).isEqualTo(torch.ScalarType.Float);
        }
    }

    @Test
    void shouldRefuseTooDeepNestingOnBothSides() {
        Object deepest = nested(GraphPath.MAX_DEPTH);
        assertThat(cross(deepest)).isEqualTo(deepest);
        String path = "[0]".repeat(20);
        assertRefused(
                nested(GraphPath.MAX_DEPTH + 1),
                "nested too deep: depth=257, limit=256, path=" + path
                        + "...; replace links between objects by positions in a list");
        assertThatThrownBy(() -> TensorWalk.tensors(nested(600)))
                .hasMessageStartingWith("nested too deep: depth=257, limit=256");
    }

    @Test
    void shouldReachTheLimitOnAStackOfOrdinarySize() throws InterruptedException {
        Holder chain = new Holder("bottom");
        for (int i = 1; i < GraphPath.MAX_DEPTH; i++) {
            chain = new Holder(chain);
        }
        Holder deepest = chain;
        AtomicReference<Object> arrived = new AtomicReference<>();
        Thread thread = new Thread(null, () -> arrived.set(cross(deepest)), "ordinary stack", 1 << 20);
        thread.start();
        thread.join();
        assertThat(arrived.get()).isEqualTo(deepest);
    }

    @Test
    void shouldReportAStackThatIsTooSmall() {
        List<Object> endless = new AbstractList<>() {
            @Override
            public Object get(int index) {
                return get(index);
            }

            @Override
            public int size() {
                return 1;
            }
        };
        PackageEncoder encoder = new PackageEncoder();
        assertThatThrownBy(() -> encoder.encode(endless, new HeapStore()))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("nested too deep for this thread's stack: limit=256 levels on a stack of 1 MiB")
                .hasCauseExactlyInstanceOf(StackOverflowError.class);
        assertThat(encoder.encode("x", new HeapStore()).remaining()).isLessThan(20);
    }

    private static Object nested(int depth) {
        Object value = "bottom";
        for (int i = 0; i < depth; i++) {
            value = List.of(value);
        }
        return value;
    }

    @Test
    void shouldRefuseMessagesThatAreTooLarge() {
        PackageEncoder encoder = new PackageEncoder(2048);
        assertThat(encoder.encode(new byte[2000], new HeapStore()).remaining()).isBetween(2000, 2048);
        assertThatThrownBy(() -> encoder.encode(new byte[2048], new HeapStore()))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage("package too large: bytes=2062, limit=2048; put large arrays into tensors");
        assertThatThrownBy(() -> encoder.encode(List.of("x".repeat(1500), "y".repeat(1500)), new HeapStore()))
                .hasMessageStartingWith("package too large: bytes=30");
        assertThat(encoder.encode("x", new HeapStore()).remaining()).isLessThan(20);
    }
}
