package org.blazefl4j.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.blazefl4j.util.AllocatedBytes;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** Decoding any bytes ends with a package or a PackageFormatException. */
class CodecDamageTest {

    enum Level {
        LOW,
        HIGH
    }

    record Checked(int size) {
        Checked {
            if (size < 0) {
                throw new IllegalArgumentException("size: size=" + size + ", limit=0 or more");
            }
        }
    }

    record Uplink(int cid, Tensor parameters, long size, Map<String, Object> metadata) {}

    static class Node {
        Object next;
        final int[] numbers = {1, 2, 3};
        transient Object kept;
    }

    /** Records its initialisation. */
    record Trap(int x) {
        static {
            TRAPPED.add("initialised");
        }
    }

    /** Has the same fields as the class that is sent in its place. */
    static class Sprung {
        static {
            TRAPPED.add("initialised");
        }

        int x;
    }

    enum Toggle {
        ON;

        static {
            TRAPPED.add("initialised");
        }
    }

    private static final List<String> TRAPPED = Collections.synchronizedList(new ArrayList<>());
    /** The most that decoding a message of less than 8 KiB may allocate. */
    private static final long MOST_ALLOCATED = 4 << 20;

    private static final ClassLoader LOADER = CodecDamageTest.class.getClassLoader();

    /** Returns an object graph with values of all kinds. */
    private static Object sample() {
        Node node = new Node();
        Map<Object, Object> map = new HashMap<>();
        map.put(node, "node");
        map.put(new BigDecimal("1.50"), Optional.of(BigInteger.TWO.pow(70)));
        node.next = new ArrayList<>(List.of(map, node));
        return new ArrayList<>(Arrays.asList(
                new Uplink(3, torch.ones(2, 3), 1L << 33, Map.of("loss", 0.5)),
                node,
                new Checked(4),
                new Object[] {"x", new int[][] {{1}, {}}, null},
                new TreeMap<>(Map.of("b", 1, "a", 2)),
                new TreeSet<>(Collections.reverseOrder()),
                EnumSet.of(Level.HIGH),
                new EnumMap<>(Map.of(Level.LOW, 'c')),
                new ConcurrentHashMap<>(Map.of(1, 2f)),
                BitSet.valueOf(new long[] {9}),
                OptionalInt.of(4),
                Duration.ofDays(2),
                Path.of("x"),
                "wide \u4f60",
                new double[] {1, 2},
                torch.zeros(4, 4).t(),
                true,
                (byte) 1,
                (short) 2));
    }

    private static void decodeDamaged(byte[] message, HeapStore store) {
        int before = store.handedOut.size();
        PackageDecoder decoder = new PackageDecoder(LOADER);
        long allocated = AllocatedBytes.ofThisThread();
        Throwable thrown = catchThrowable(() -> decoder.decode(ByteBuffer.wrap(message), store));
        assertThat(AllocatedBytes.ofThisThread() - allocated).isLessThan(MOST_ALLOCATED);
        if (thrown != null) {
            assertThat(thrown).isExactlyInstanceOf(PackageFormatException.class);
            assertThat(store.handedOut.subList(before, store.handedOut.size())).allMatch(tensor -> tensor.isNull());
        }
    }

    @Test
    void shouldRefuseEveryFlippedBitAndEveryTruncation() {
        HeapStore store = new HeapStore();
        byte[] message = HeapStore.bytes(new PackageEncoder().encode(sample(), store));
        for (int i = 0; i < message.length; i++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] damaged = message.clone();
                damaged[i] ^= (byte) (1 << bit);
                assertRefused(damaged, store);
            }
            assertRefused(Arrays.copyOf(message, i), store);
        }
        assertRefused(Arrays.copyOf(message, message.length + 1), store);
        assertThat(store.handedOut).as("a damaged message is not decoded").isEmpty();
    }

    private static void assertRefused(byte[] message, HeapStore store) {
        assertThatThrownBy(() -> new PackageDecoder(LOADER).decode(ByteBuffer.wrap(message), store))
                .isExactlyInstanceOf(PackageFormatException.class);
    }

    @Property(tries = 5000)
    @SuppressWarnings("try")
    void shouldDecodeOrRefuseDamageWithAValidChecksum(
            @ForAll Random random, @ForAll @IntRange(min = 1, max = 4) int damages) {
        try (PointerScope scope = new PointerScope();
                HeapStore store = new HeapStore()) {
            byte[] message = HeapStore.bytes(new PackageEncoder().encode(sample(), store));
            for (int i = 0; i < damages; i++) {
                message = damage(message, random);
            }
            Message.seal(message, 0, message.length);
            decodeDamaged(message, store);
        }
    }

    private static byte[] damage(byte[] message, Random random) {
        if (message.length == Message.HEADER_BYTES) {
            return message; // all else was cut out before
        }
        int at = Message.HEADER_BYTES + random.nextInt(message.length - Message.HEADER_BYTES);
        int length = Math.min(4, message.length - at);
        switch (random.nextInt(7)) {
            case 0 -> message[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> message[at] = (byte) random.nextInt(256);
            case 2 -> message[at] = (byte) random.nextInt(Kind.values().length);
            case 3 -> Arrays.fill(message, at, at + length, (byte) (random.nextBoolean() ? 0xff : 0));
            case 4 -> message = splice(message, at, at + length, random);
            case 5 -> message = splice(message, at, at, random);
            default -> {
                return Arrays.copyOf(message, Math.max(Message.HEADER_BYTES + 1, at));
            }
        }
        return message;
    }

    /** Replaces the bytes between two positions by another piece of the message. */
    private static byte[] splice(byte[] message, int from, int to, Random random) {
        int piece = Message.HEADER_BYTES + random.nextInt(message.length - Message.HEADER_BYTES);
        int length = Math.min(random.nextInt(40), message.length - piece);
        byte[] spliced = new byte[message.length - (to - from) + length];
        System.arraycopy(message, 0, spliced, 0, from);
        System.arraycopy(message, piece, spliced, from, length);
        System.arraycopy(message, to, spliced, from + length, message.length - to);
        return spliced;
    }

    @Property(tries = 3000)
    void shouldDecodeOrRefuseRandomBytes(@ForAll Random random, @ForAll @IntRange(min = 1, max = 200) int length) {
        byte[] message = new byte[Message.HEADER_BYTES + length];
        for (int i = Message.HEADER_BYTES; i < message.length; i++) {
            message[i] = (byte) random.nextInt(random.nextBoolean() ? 40 : 256);
        }
        Message.seal(message, 0, message.length);
        decodeDamaged(message, new HeapStore());
    }

    @Test
    void shouldNotReserveMoreThanTheMessageHolds() {
        // nested lists that each claim as many elements as bytes are left: allocating them would take gigabytes
        int length = 2_000_000;
        MessageWriter out = new MessageWriter(Message.MAX_BYTES);
        out.start();
        for (int i = 0; i < 500; i++) {
            out.kind(Kind.SET);
            out.i32(0);
            out.i32(length - 1000 - 20 * i);
        }
        out.bytes(new byte[length - 10 * 500]);
        byte[] message = HeapStore.bytes(out.finish());
        assertThatThrownBy(() -> new PackageDecoder(LOADER).decode(ByteBuffer.wrap(message), new HeapStore()))
                .isExactlyInstanceOf(PackageFormatException.class)
                .hasMessageStartingWith("package damaged: elements=1998980, expected=")
                .hasMessageEndingWith(" bytes that remain");
    }

    @Test
    void shouldLimitTheDepthOfObjects() {
        MessageWriter out = new MessageWriter(Message.MAX_BYTES);
        out.start();
        for (int i = 0; i < 100_000; i++) {
            out.kind(Kind.OPTIONAL);
        }
        out.kind(Kind.NULL);
        byte[] message = HeapStore.bytes(out.finish());
        assertThatThrownBy(() -> new PackageDecoder(LOADER).decode(ByteBuffer.wrap(message), new HeapStore()))
                .isExactlyInstanceOf(PackageFormatException.class)
                .hasMessage("package damaged: depth=257, expected=256");
    }

    @Test
    void shouldExplainDamage() {
        byte[] message = HeapStore.bytes(new PackageEncoder().encode("text", new HeapStore()));
        assertMessage(new byte[3], "no package: bytes=3, limit=9 to 1073741824");
        byte[] other = message.clone();
        other[0] = 'X';
        assertMessage(
                other, "no package: format=14c4658, expected=14c4642; both sides need the same version of the library");
        byte[] flipped = message.clone();
        flipped[10] ^= 1;
        assertThatThrownBy(() -> new PackageDecoder(LOADER).decode(ByteBuffer.wrap(flipped), new HeapStore()))
                .hasMessageMatching("package damaged: bytes=14, checksum=[0-9a-f]+, expected=[0-9a-f]+");
        assertBody(new byte[] {(byte) Kind.NULL.ordinal(), 0}, "package damaged: bytes after the end=1, expected=0");
        assertBody(
                new byte[] {(byte) Kind.STRING.ordinal(), 40},
                "package damaged: bytes wanted=20, expected=at most 0, the bytes that remain");
        assertBody(
                new byte[] {(byte) Kind.REFUSED.ordinal()}, "package damaged: kind=REFUSED, expected=kinds that cross");
        assertBody(new byte[] {99}, "package damaged: kind=REFUSED, expected=kinds that cross");
        assertBody(
                new byte[] {(byte) Kind.OPTIONAL.ordinal(), (byte) Kind.REFERENCE.ordinal(), 0},
                "package damaged: reference to an incomplete record, expected=complete objects");
        assertBody(new byte[] {(byte) Kind.REFERENCE.ordinal(), 7}, "package damaged: index=7, expected=below 0");
    }

    private static void assertMessage(byte[] message, String text) {
        assertThatThrownBy(() -> new PackageDecoder(LOADER).decode(ByteBuffer.wrap(message), new HeapStore()))
                .isExactlyInstanceOf(PackageFormatException.class)
                .hasMessage(text);
    }

    private static void assertBody(byte[] body, String text) {
        byte[] message = new byte[Message.HEADER_BYTES + body.length];
        System.arraycopy(body, 0, message, Message.HEADER_BYTES, body.length);
        Message.seal(message, 0, message.length);
        assertMessage(message, text);
    }

    static class Broken {
        static final int NUMBER = Integer.parseInt("no number");
        int x;
    }

    @Test
    void shouldSayThatAClassCannotBeInitialised() throws ClassNotFoundException {
        Class<?> broken = Class.forName(CodecDamageTest.class.getName() + "$Broken", false, LOADER);
        MessageWriter out = new MessageWriter(Message.MAX_BYTES);
        out.start();
        out.kind(Kind.OBJECT);
        writeClass(broken, out);
        out.i32(1);
        assertMessage(
                HeapStore.bytes(out.finish()),
                "class cannot be initialised: type=" + broken.getName()
                        + ", cause=java.lang.ExceptionInInitializerError");
    }

    @Test
    void shouldSayThatARecordRefusesItsComponents() {
        byte[] message = HeapStore.bytes(new PackageEncoder().encode(new Checked(5), new HeapStore()));
        message[message.length - 1] = (byte) 0xff;
        Message.seal(message, 0, message.length);
        assertThatThrownBy(() -> new PackageDecoder(LOADER).decode(ByteBuffer.wrap(message), new HeapStore()))
                .isExactlyInstanceOf(PackageFormatException.class)
                .hasMessage("record refuses its components: type=" + Checked.class.getName()
                        + ", cause=java.lang.IllegalArgumentException: size: size=-16777211, limit=0 or more")
                .hasCauseExactlyInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldNotInstantiateOrInitialiseClassesThatDoNotFitTheirPlace() throws ClassNotFoundException {
        Class<?> trap = Class.forName(CodecDamageTest.class.getName() + "$Trap", false, LOADER);
        Class<?> sprung = Class.forName(CodecDamageTest.class.getName() + "$Sprung", false, LOADER);
        Class<?> thread = Thread.class;
        assertPlaced(
                Kind.RECORD, trap, "package damaged: type=" + trap.getName() + ", kind=RECORD, expected=java.util.Map");
        assertPlaced(
                Kind.OBJECT,
                sprung,
                "package damaged: type=" + sprung.getName() + ", kind=OBJECT, expected=java.util.Map");
        assertPlaced(
                Kind.RECORD,
                sprung,
                "package damaged: type=" + sprung.getName() + ", kind=RECORD, expected=java.util.Map");
        assertPlaced(Kind.OBJECT, thread, "cannot cross: type=java.lang.Thread, " + CrossingRules.refusal(thread));
        assertPlaced(
                Kind.ENUM, trap, "package damaged: type=" + trap.getName() + ", kind=ENUM, expected=java.util.Map");
        Class<?> toggle = Class.forName(CodecDamageTest.class.getName() + "$Toggle", false, LOADER);
        assertPlaced(
                Kind.ENUM, toggle, "package damaged: type=" + toggle.getName() + ", kind=ENUM, expected=java.util.Map");
        assertThat(TRAPPED).isEmpty();
    }

    /** Decodes an uplink with an object of a class in place of its map. */
    private static void assertPlaced(Kind kind, Class<?> type, String text) {
        MessageWriter out = new MessageWriter(Message.MAX_BYTES);
        out.start();
        out.kind(Kind.RECORD);
        writeClass(Uplink.class, out);
        out.i32(1);
        out.kind(Kind.NULL);
        out.i64(1);
        out.kind(kind);
        writeClass(type, out);
        out.i32(1);
        assertMessage(HeapStore.bytes(out.finish()), text);
    }

    private static void writeClass(Class<?> type, MessageWriter out) {
        ClassPlan plan = ClassPlan.of(type);
        out.varint(0);
        out.i64(plan.fingerprint);
        out.varint(plan.nameBytes.length);
        out.bytes(plan.nameBytes);
    }

    @Test
    void shouldSayThatAClassIsMissingOrDiffers() {
        byte[] message = HeapStore.bytes(new PackageEncoder().encode(new Checked(5), new HeapStore()));
        assertThatThrownBy(() -> new PackageDecoder(ClassLoader.getPlatformClassLoader())
                        .decode(ByteBuffer.wrap(message), new HeapStore()))
                .isExactlyInstanceOf(PackageFormatException.class)
                .hasMessage(
                        "class not found: type=" + Checked.class.getName()
                                + ", expected=a class on the class path of this process; add its jar or folder to the class path");
        message[Message.HEADER_BYTES + 2]++;
        Message.seal(message, 0, message.length);
        assertMessage(
                message,
                "class differs between the two sides: type=" + Checked.class.getName()
                        + ", expected=the same fields and constants on both sides; use the same class path for both");
    }

    @Test
    void shouldRefuseElementsThatBecameEqual() {
        List<Object> first = new ArrayList<>(List.of(1));
        Map<Object, Object> map = new HashMap<>(Map.of(first, "a", List.of(2), "b"));
        first.set(0, 2);
        byte[] message = HeapStore.bytes(new PackageEncoder().encode(map, new HeapStore()));
        assertMessage(
                message,
                "elements or keys are equal on arrival: distinct=1, expected=2; a set's or map's contents must not change in what"
                        + " equals() compares");
    }

    /** Hashing it overflows the stack once the flag is set. */
    record Endless(String name) {
        @Override
        public int hashCode() {
            return RECURSE.get() ? 31 * hashCode() : name.hashCode();
        }
    }

    private static final AtomicBoolean RECURSE = new AtomicBoolean();

    @Test
    void shouldReportKeysThatOverflowTheStackOrThrow() {
        byte[] message = HeapStore.bytes(new PackageEncoder().encode(Set.of(new Endless("x")), new HeapStore()));
        RECURSE.set(true);
        try {
            assertMessage(
                    message,
                    "element refused: type=" + Endless.class.getName()
                            + ", expected=what java.util.LinkedHashSet holds, cause=java.lang.StackOverflowError");
        } finally {
            RECURSE.set(false);
        }
    }

    @Test
    void shouldStayUsableAfterDamage() {
        PackageDecoder decoder = new PackageDecoder(LOADER);
        byte[] message = HeapStore.bytes(new PackageEncoder().encode(List.of("a", new Checked(3)), new HeapStore()));
        byte[] cut = Arrays.copyOf(message, message.length - 2);
        Message.seal(cut, 0, cut.length);
        assertThatThrownBy(() -> decoder.decode(ByteBuffer.wrap(cut), new HeapStore()))
                .isExactlyInstanceOf(PackageFormatException.class);
        assertThat(decoder.decode(ByteBuffer.wrap(message), new HeapStore())).isEqualTo(List.of("a", new Checked(3)));
    }
}
