package org.blazefl4j.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Decodes hostile messages with valid checksums, which no encoder writes. */
class CodecHostileTest {

    private static final ClassLoader LOADER = CodecHostileTest.class.getClassLoader();
    private static final AtomicInteger INITIALISED = new AtomicInteger();

    private static byte[] message(Consumer<MessageWriter> body) {
        MessageWriter out = new MessageWriter(Message.MAX_BYTES);
        out.start();
        body.accept(out);
        return HeapStore.bytes(out.finish());
    }

    private static Object decode(byte[] message) {
        return new PackageDecoder(LOADER).decode(ByteBuffer.wrap(message), new HeapStore());
    }

    private static void assertRefused(byte[] message, String text) {
        assertThatThrownBy(() -> decode(message))
                .isExactlyInstanceOf(PackageFormatException.class)
                .hasMessageStartingWith(text);
    }

    private static void name(MessageWriter out, String type, long fingerprint) {
        byte[] bytes = type.getBytes(StandardCharsets.UTF_8);
        out.varint(0);
        out.i64(fingerprint);
        out.varint(bytes.length);
        out.bytes(bytes);
    }

    private static void name(MessageWriter out, Class<?> type) {
        name(out, type.getName(), ClassPlan.of(type).fingerprint);
    }

    // ---- Objects referenced many times

    /** Writes lists that hold the next one twice: each level adds a few bytes and doubles the visits. */
    private static void doubling(MessageWriter out, int levels) {
        for (int level = 0; level < levels; level++) {
            out.kind(Kind.LIST);
            out.i32(2);
        }
        out.kind(Kind.NULL);
        out.kind(Kind.NULL);
        for (int level = levels - 1; level > 0; level--) {
            out.kind(Kind.REFERENCE);
            out.varint(level);
        }
    }

    @Test
    void shouldReadRepeatedReferencesIfNothingTraversesThem() {
        Object graph = decode(message(out -> doubling(out, 200)));
        for (int level = 0; level < 199; level++) {
            List<?> pair = (List<?>) graph;
            assertThat(pair.get(0)).isSameAs(pair.get(1));
            graph = pair.get(0);
        }
    }

    record Key(List<Integer> shared, String name) {}

    @Test
    void shouldReadManyKeysWithSharedContents() {
        List<Integer> shared = new ArrayList<>(List.of(1, 2, 3, 4, 5));
        Map<Object, Object> map = new HashMap<>();
        for (int i = 0; i < 50_000; i++) {
            map.put(new Key(shared, "name " + i), i);
        }
        assertThat(HeapStore.<Object>cross(map)).isEqualTo(map);
    }

    // ---- Memory

    @Test
    void shouldRefuseNumbersWithTooManyBytes() {
        assertRefused(
                message(out -> {
                    out.kind(Kind.BIG_INTEGER);
                    out.varint(1 << 27);
                }),
                "package damaged: index=134217728, expected=below 134217728");
    }

    @Test
    void shouldRefuseLongClassNames() {
        assertRefused(
                message(out -> {
                    out.kind(Kind.RECORD);
                    out.varint(0);
                    out.i64(0);
                    out.varint(1 << 16);
                }),
                "package damaged: index=65536, expected=below 65536");
    }

    // ---- Classes

    static class Finalized {
        int x;

        @Override
        @SuppressWarnings({"deprecation", "removal"})
        protected void finalize() {
            INITIALISED.incrementAndGet();
        }
    }

    static class BelowFinalized extends Finalized {}

    @Test
    void shouldNotInstantiateClassesWithFinalizers() {
        for (Class<?> type : List.of(Finalized.class, BelowFinalized.class)) {
            assertRefused(
                    message(out -> {
                        out.kind(Kind.OBJECT);
                        name(out, type);
                        out.i32(1);
                    }),
                    "cannot cross: type=" + type.getName() + ", expected=records, enums,");
        }
        assertThatThrownBy(() -> HeapStore.cross(new Finalized()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith("it has a finalize() method, which would also run for its copies: keep what it"
                        + " frees in a transient field");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "java.lang.Runtime",
                "java.lang.ProcessBuilder",
                "java.lang.Class",
                "java.lang.invoke.MethodHandles$Lookup",
                "java.lang.reflect.Method",
                "java.net.URLClassLoader",
                "java.util.Timer",
                "java.util.logging.FileHandler",
                "java.util.PriorityQueue",
                "javax.management.BadAttributeValueExpException",
                "sun.misc.Unsafe",
                "org.bytedeco.javacpp.Pointer",
                "org.bytedeco.javacpp.BytePointer"
            })
    void shouldNotInstantiateClassesThatMayNotCross(String type) throws ClassNotFoundException {
        Class<?> loaded = Class.forName(type, false, LOADER);
        for (Kind kind : List.of(Kind.OBJECT, Kind.RECORD, Kind.ENUM)) {
            assertThatThrownBy(() -> decode(message(out -> {
                        out.kind(kind);
                        name(out, loaded);
                        out.i64(0);
                    })))
                    .isExactlyInstanceOf(PackageFormatException.class)
                    .hasMessageMatching("(cannot cross: type=|package damaged: type=).*");
        }
    }

    @Test
    void shouldNotInstantiateProxies() {
        Object proxy = Proxy.newProxyInstance(LOADER, new Class<?>[] {Runnable.class}, (self, method, arguments) -> {
            throw new AssertionError("called");
        });
        assertRefused(
                message(out -> {
                    out.kind(Kind.OBJECT);
                    name(out, proxy.getClass());
                    out.kind(Kind.NULL);
                }),
                "cannot cross: type=" + proxy.getClass().getName());
    }

    static class Loud {
        static {
            INITIALISED.incrementAndGet();
        }

        int x;
    }

    @Test
    void shouldNotInitialiseClassesOfAnotherVersionOrAfterDamage() throws ClassNotFoundException {
        String type = CodecHostileTest.class.getName() + "$Loud";
        Class<?> loud = Class.forName(type, false, LOADER);
        assertRefused(
                message(out -> {
                    out.kind(Kind.OBJECT);
                    name(out, type, ClassPlan.of(loud).fingerprint + 1);
                    out.i32(1);
                }),
                "class differs between the two sides: type=" + type);
        assertRefused(
                message(out -> {
                    out.kind(Kind.OBJECT_ARRAY);
                    name(out, loud);
                    out.i32(1);
                    out.kind(Kind.STRING);
                    out.string("x");
                }),
                "package damaged: type=java.lang.String, expected=" + type);
        assertRefused(
                message(out -> {
                    out.kind(Kind.ENUM);
                    name(out, loud);
                    out.varint(0);
                }),
                "package damaged: type=" + type + ", kind=ENUM");
        assertThat(INITIALISED).hasValue(0);
    }

    // ---- Undeclared classes

    private static final List<String> RAN = new ArrayList<>();
    private static final AtomicInteger LOUD_ENUMS = new AtomicInteger();

    /** Records calls of its constructor, comparisons and {@code hashCode()}. */
    record Acting(int x) implements Comparator<Object>, Comparable<Acting> {
        Acting {
            RAN.add("constructor");
        }

        @Override
        public int compare(Object a, Object b) {
            RAN.add("compare");
            return 0;
        }

        @Override
        public int compareTo(Acting other) {
            RAN.add("compareTo");
            return 0;
        }

        @Override
        public int hashCode() {
            RAN.add("hashCode");
            return 0;
        }
    }

    enum Plain {
        A
    }

    /** The type that the decoder is asked for. */
    record Expected(List<String> names, Map<String, List<Plain>> byName, Optional<Acting> acting, Object any) {}

    private static TreeMap<Object, Object> sortedBy(Comparator<Object> comparator) {
        TreeMap<Object, Object> map = new TreeMap<>(comparator);
        map.put("x", 1);
        return map;
    }

    private static List<Arguments> shouldRunNoCodeOfUndeclaredClasses() {
        List<Object> harmful = List.of(
                new Acting(1),
                sortedBy(new Acting(2)),
                Map.of(new Acting(3), 1),
                Set.of(new Acting(4)),
                new TreeSet<>(List.of(new Acting(5))),
                List.of("fine", new Acting(6)),
                Map.of("value", new Acting(7)),
                Optional.of(new Acting(8)),
                new Object[] {new Acting(9)},
                new Acting[] {new Acting(10)},
                new Expected(List.of(), Map.of(), Optional.empty(), new Acting(11)),
                new Expected(List.of(), Map.of(), Optional.empty(), sortedBy(new Acting(12))));
        List<Arguments> arguments = new ArrayList<>();
        for (Object graph : harmful) {
            for (Class<?> declared : List.of(Integer.class, Map.class, List.class, Object.class, Expected.class)) {
                arguments.add(Arguments.of(graph, declared));
            }
        }
        return arguments;
    }

    @ParameterizedTest
    @MethodSource
    void shouldRunNoCodeOfUndeclaredClasses(Object graph, Class<?> declared) {
        HeapStore store = new HeapStore();
        byte[] message = HeapStore.bytes(new PackageEncoder().encode(graph, store));
        RAN.clear();
        assertThatThrownBy(() -> new PackageDecoder(LOADER, declared).decode(ByteBuffer.wrap(message), store))
                .isInstanceOf(PackageFormatException.class);
        assertThat(RAN).isEmpty();
    }

    @Test
    void shouldNotInitialiseUndeclaredClasses() throws ClassNotFoundException {
        Class<?> loud = Class.forName(CodecHostileTest.class.getName() + "$LoudEnum", false, LOADER);
        List<Consumer<MessageWriter>> bodies = List.of(
                out -> {
                    out.kind(Kind.ENUM);
                    name(out, loud);
                    out.varint(0);
                },
                out -> {
                    out.kind(Kind.ENUM_SET);
                    name(out, loud);
                    out.i32(Message.NOT_DEFERRED);
                    out.i32(0);
                },
                out -> {
                    out.kind(Kind.ENUM_MAP);
                    name(out, loud);
                    out.i32(Message.NOT_DEFERRED);
                    out.i32(0);
                });
        for (Consumer<MessageWriter> body : bodies) {
            byte[] message = message(body);
            assertThatThrownBy(() ->
                            new PackageDecoder(LOADER, Object.class).decode(ByteBuffer.wrap(message), new HeapStore()))
                    .isInstanceOf(PackageFormatException.class)
                    .hasMessageStartingWith("class is not declared: type=" + loud.getName());
        }
        assertThat(LOUD_ENUMS).hasValue(0);
    }

    enum LoudEnum {
        A;

        static {
            LOUD_ENUMS.incrementAndGet();
        }
    }

    @Test
    void shouldReadDeclaredClasses() {
        Expected expected = new Expected(
                List.of("a"),
                Map.of("b", List.of(Plain.A)),
                Optional.of(new Acting(1)),
                Map.of("c", List.of(1.5, "d")));
        HeapStore store = new HeapStore();
        ByteBuffer message = ByteBuffer.wrap(HeapStore.bytes(new PackageEncoder().encode(expected, store)));
        assertThat(new PackageDecoder(LOADER, Expected.class).decode(message, store))
                .isEqualTo(expected);
        assertThatThrownBy(() -> new PackageDecoder(LOADER, Object.class).decode(message, store))
                .hasMessageStartingWith("class is not declared: type=" + Expected.class.getName()
                        + ", place=java.lang.Object, expected=classes that their places are declared to hold");
    }

    /** Returns the names of all classes in packages {@code java.*} of {@code java.base}. */
    private static List<String> classesOfTheJdk() throws IOException {
        Path root = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules/java.base/java");
        try (Stream<Path> files = Files.walk(root)) {
            return files.map(Path::toString)
                    .filter(file -> file.endsWith(".class"))
                    .map(file -> file.substring("/modules/java.base/".length(), file.length() - ".class".length()))
                    .map(name -> name.replace('/', '.'))
                    .toList();
        }
    }

    @Test
    void shouldInstantiateOnlyValuesAndEnumsOfTheJdk() throws Exception {
        List<String> names = classesOfTheJdk();
        assertThat(names).hasSizeGreaterThan(1000);
        for (String name : names) {
            Class<?> type = Class.forName(name, false, LOADER);
            for (Kind kind : List.of(Kind.OBJECT, Kind.RECORD, Kind.ENUM)) {
                byte[] message = message(out -> {
                    out.kind(kind);
                    name(out, type);
                    out.i64(0);
                });
                Throwable thrown = catchThrowable(() -> decode(message));
                assertThat(thrown).as(name).isExactlyInstanceOf(PackageFormatException.class);
                assertThat(kind == Kind.ENUM && Enum.class.isAssignableFrom(type)
                                || thrown.getMessage().startsWith("cannot cross: type=" + name)
                                || thrown.getMessage().startsWith("package damaged: type="))
                        .as(name + ": " + thrown.getMessage())
                        .isTrue();
            }
        }
    }

    record Holder(Tensor x) {}

    @Test
    void shouldRefuseTensorsInPlacesWithoutTensors() {
        byte[] message = message(out -> {
            out.kind(Kind.RECORD);
            name(out, Holder.class);
            out.kind(Kind.TENSOR);
            out.bytes(new byte[] {7, 3, 0, 6, 0});
        });
        assertThatThrownBy(() -> new PackageDecoder(LOADER).decode(ByteBuffer.wrap(message), null))
                .isExactlyInstanceOf(PackageFormatException.class)
                .hasMessageStartingWith("unexpected tensor: handle=ShmHandle[segment=7, generation=3, offset=0");
    }
}
