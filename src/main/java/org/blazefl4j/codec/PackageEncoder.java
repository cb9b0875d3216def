package org.blazefl4j.codec;

import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Encodes a package, any graph of objects, as a self-contained message of bytes. The caller places its tensors, which
 * cross as handles.
 *
 * <p>What crosses, and how it arrives:
 *
 * <ul>
 *   <li>records, through their canonical constructor; plain classes, without running a constructor, with all fields
 *       (private, final and inherited ones too) except transient ones, which keep their defaults. Serialization hooks
 *       such as {@code readObject} are not called.
 *   <li>{@code null}, strings, numbers, {@code BigInteger}, {@code BigDecimal}, {@code BitSet}, enums,
 *       {@code Optional}s, {@code UUID}, {@code URI}, {@code File}, {@code Path} and the values of {@code java.time}.
 *   <li>arrays of all types and dimensions.
 *   <li>any other collection as a mutable {@code ArrayList} ({@code LinkedList} and {@code ArrayDeque} as such); any
 *       set as a {@code LinkedHashSet}, any map as a {@code LinkedHashMap}, in the sender's order; {@code EnumSet},
 *       {@code EnumMap} and {@code ConcurrentHashMap} as such; sorted sets and maps as {@code TreeSet} and
 *       {@code TreeMap} if their comparator crosses: none, natural or reverse order, ignoring case, or a record, an
 *       enum constant or a plain object that implements {@code Comparator}. Fields that cannot hold the arriving type
 *       are refused.
 *   <li>CPU tensors of every dtype of whole bytes, including empty and zero-dimensional ones. Dense strides are kept
 *       ({@code channels_last}), others become contiguous. A view carries only its own elements; overlap between
 *       tensors is lost. Tensors arrive detached: no gradient, no {@code requires_grad}.
 * </ul>
 *
 * <p>An object that appears twice arrives as one object, except numbers, enums and primitive Optionals. Cycles of
 * lists, sets, maps, arrays and plain classes arrive as cycles; cycles through a record or an Optional are refused.
 *
 * <p>Refuses everything else with an {@link IllegalArgumentException} that names the place and the class:
 *
 * <pre>{@code
 * cannot cross: path=config.logger, type=java.util.logging.Logger, expected=records, ...; leave it out of what is sent, ...
 * }</pre>
 *
 * <p>Use an encoder from one thread at a time, for any number of messages. Messages are independent.
 */
public final class PackageEncoder {

    private final MessageWriter out;
    private final SeenObjects objects = new SeenObjects();
    private final SeenObjects classes = new SeenObjects();
    private final OpenObjects open = new OpenObjects();
    private final GraphPath path = new GraphPath();
    private final Supplier<String> pathText = path::toString;
    private @Nullable TensorPlacer placer;
    private boolean unbounded;
    private boolean constant;
    private boolean devices;

    /** Creates an encoder. */
    public PackageEncoder() {
        this(Message.MAX_BYTES);
    }

    /** Creates an encoder that refuses messages larger than a number of bytes. */
    PackageEncoder(int limit) {
        this.out = new MessageWriter(limit);
    }

    /** Sets whether tensors may lie on devices, which placers then must be able to read; at first they may not. */
    public void acceptDevices(boolean accepted) {
        devices = accepted;
    }

    /**
     * Encodes one package.
     *
     * @param graph the package, which must not change meanwhile
     * @param tensorPlacer places each distinct Tensor object once, in the order in which they are met; null if tensors
     *     are not allowed. Its exceptions pass through
     * @return the message from position to limit, backed by the encoder's array and valid until the next call
     * @throws IllegalArgumentException if something in the package cannot cross, objects lie more than 256 levels deep
     *     or the message grows beyond 1 GiB
     */
    public ByteBuffer encode(@Nullable Object graph, @Nullable TensorPlacer tensorPlacer) {
        out.start();
        writeGraph(graph, tensorPlacer);
        return out.finish();
    }

    /**
     * Fails as {@link #encode} would but makes no message, for packages that stay in this process.
     *
     * @param graph the package
     * @param tensorPlacer is called once for each distinct Tensor object, in the order in which they are met; its
     *     results are ignored
     * @throws IllegalArgumentException as {@link #encode}
     */
    public void check(@Nullable Object graph, @Nullable TensorPlacer tensorPlacer) {
        out.start(true);
        writeGraph(graph, tensorPlacer);
    }

    private void writeGraph(@Nullable Object graph, @Nullable TensorPlacer tensorPlacer) {
        placer = tensorPlacer;
        constant = true;
        try {
            write(graph, Object.class);
        } catch (StackOverflowError e) {
            throw new IllegalArgumentException(
                    "nested too deep for this thread's stack: limit=" + GraphPath.MAX_DEPTH
                            + " levels on a stack of 1 MiB; replace links between objects by positions in a list, or use a larger stack",
                    e);
        } finally {
            reset();
        }
    }

    /**
     * Returns whether the last package is immutable and so encodes to the same message again, provided that its tensors
     * are placed alike. It then contains only records, unmodifiable collections as of {@code List.of}, strings, numbers
     * and the like.
     */
    public boolean wasConstant() {
        return constant;
    }

    private void reset() {
        objects.clear();
        classes.clear();
        open.clear();
        path.clear();
        placer = null;
        unbounded = false;
    }

    /** Writes a value that must fit the declared type on arrival. */
    private void write(@Nullable Object value, Class<?> declared) {
        if (value == null) {
            out.kind(Kind.NULL);
            return;
        }
        ClassPlan plan = ClassPlan.of(value.getClass());
        if (plan.kind == Kind.REFUSED) {
            throw refused(value.getClass(), Objects.requireNonNull(plan.refusal, "refusal"));
        }
        constant &= plan.constant;
        if (plan.kind.isNumbered()) {
            writeNumbered(value, plan, declared);
        } else if (plan.kind == Kind.ENUM) {
            writeEnum((Enum<?>) value, plan);
        } else {
            out.kind(plan.kind);
            ScalarCodec.write(value, plan, out);
        }
    }

    private void writeNumbered(Object value, ClassPlan plan, Class<?> declared) {
        int number = objects.number(value);
        if (number >= 0) {
            writeReference(number);
            return;
        }
        if (plan.kind.changesClass() && !declared.isAssignableFrom(plan.kind.arrival)) {
            String arrival = plan.kind.arrival.getName();
            throw refused(
                    value.getClass(),
                    "expected=places that can hold the " + arrival + " that arrives; declare it as " + arrival
                            + " or a supertype of it");
        }
        out.kind(plan.kind);
        number = objects.size() - 1;
        if (plan.kind.isLeaf()) {
            open.leaf(number);
            writeLeaf(value, plan);
        } else {
            int before = open.open(number);
            writeComposite(value, plan, number);
            open.close(number, before);
        }
    }

    private void writeReference(int number) {
        int fixed = open.refer(number);
        if (fixed >= 0) {
            throw refused(
                    objects.get(fixed).getClass(),
                    "expected=cycles of lists, sets, maps, arrays and plain classes;"
                            + " this place leads back to what holds it: use a plain class there");
        }
        out.kind(Kind.REFERENCE);
        out.varint(number);
    }

    private void writeEnum(Enum<?> value, ClassPlan plan) {
        Object[] constants = plan.constants();
        if (value.ordinal() >= constants.length || constants[value.ordinal()] != value) {
            throw refused(
                    plan.type, "expected=the enum's own constants; this one was made by native code: call intern()");
        }
        out.kind(Kind.ENUM);
        writeClass(plan);
        out.varint(value.ordinal());
    }

    private void writeLeaf(Object value, ClassPlan plan) {
        if (plan.kind != Kind.TENSOR) {
            ScalarCodec.write(value, plan, out);
            return;
        }
        Tensor tensor = (Tensor) value;
        String refusal = TensorLayout.refusal(tensor, devices);
        if (refusal != null) {
            throw new IllegalArgumentException("cannot cross: path=" + path + ", " + refusal);
        }
        if (placer == null) {
            throw refused(value.getClass(), "expected=no tensors here; send them in a package");
        }
        ScalarCodec.writeHandle(placer.place(pathText, tensor, TensorLayout.measure(tensor), unbounded), out);
    }

    /** One large method, for the reason given at {@code PackageDecoder.readComposite}. */
    private void writeComposite(Object value, ClassPlan plan, int number) {
        switch (plan.kind) {
            case OPTIONAL -> {
                int around = open.openFixed(number);
                path.enter();
                path.field(GraphPath.CONTENT);
                write(((Optional<?>) value).orElse(null), Object.class);
                path.leave();
                open.closeFixed(around);
            }
            case RECORD -> {
                writeClass(plan);
                int around = open.openFixed(number);
                writeFields(value, plan);
                open.closeFixed(around);
            }
            case OBJECT -> {
                writeClass(plan);
                writeFields(value, plan);
            }
            case OBJECT_ARRAY -> writeArray((Object[]) value);
            case LIST, LINKED_LIST, ARRAY_DEQUE -> writeElements((Collection<?>) value);
            case SET -> writeKeys((Collection<?>) value, OpenObjects.NONE);
            case SORTED_SET ->
                writeKeys((Collection<?>) value, writeComparator(((SortedSet<?>) value).comparator(), number));
            case ENUM_SET -> writeEnumSet((EnumSet<?>) value);
            case MAP, CONCURRENT_MAP -> writeEntries((Map<?, ?>) value, OpenObjects.NONE);
            case SORTED_MAP ->
                writeEntries((Map<?, ?>) value, writeComparator(((SortedMap<?, ?>) value).comparator(), number));
            case ENUM_MAP -> {
                writeClass(ClassPlan.of(EnumTypes.of((EnumMap<?, ?>) value)));
                writeEntries((Map<?, ?>) value, OpenObjects.NONE);
            }
            default -> throw new AssertionError(plan.kind);
        }
    }

    private void writeFields(Object value, ClassPlan plan) {
        path.enter();
        boolean around = unbounded;
        for (FieldPlan field : plan.fields) {
            if (field.primitive != null) {
                field.writePrimitive(value, out);
            } else {
                path.field(field.name);
                unbounded = around || field.unbounded;
                write(field.get(value), field.type);
            }
        }
        unbounded = around;
        path.leave();
    }

    private void writeArray(Object[] array) {
        Class<?> elementType = array.getClass().getComponentType();
        writeClass(ClassPlan.of(elementType));
        out.i32(array.length);
        path.enter();
        for (int i = 0; i < array.length; i++) {
            path.index(i);
            write(array[i], elementType);
        }
        path.leave();
    }

    private void writeElements(Collection<?> elements) {
        int countAt = out.later();
        int count = 0;
        path.enter();
        for (Object element : elements) {
            path.index(count++);
            write(element, Object.class);
        }
        path.leave();
        out.patch(countAt, count);
    }

    /** Writes elements that are found by hash or order. On arrival, they wait for open objects that they lead to. */
    private void writeKeys(Collection<?> elements, int lowestBefore) {
        int ownerAt = out.later();
        int around = open.swapLowest(lowestBefore);
        writeElements(elements);
        out.patch(ownerAt, owner(open.lowest()));
        open.swapLowest(Math.min(around, open.lowest()));
    }

    private void writeEntries(Map<?, ?> map, int lowestBefore) {
        int ownerAt = out.later();
        int countAt = out.later();
        int lowest = lowestBefore;
        int count = 0;
        path.enter();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            path.key(count);
            lowest = Math.min(lowest, writeKey(entry.getKey()));
            path.value(entry.getKey(), count++);
            write(entry.getValue(), Object.class);
        }
        path.leave();
        out.patch(ownerAt, owner(lowest));
        out.patch(countAt, count);
    }

    /** Writes a key or comparator. Returns the lowest open object that it leads to. */
    private int writeKey(Object key) {
        int around = open.swapLowest(OpenObjects.NONE);
        write(key, Object.class);
        int lowest = open.lowest();
        open.swapLowest(Math.min(around, lowest));
        return lowest;
    }

    private static int owner(int lowest) {
        return lowest == OpenObjects.NONE ? Message.NOT_DEFERRED : lowest;
    }

    /** Writes the comparator of a sorted set or map, which must not lead back to it. */
    private int writeComparator(Comparator<?> comparator, int number) {
        Comparators known = Comparators.of(comparator);
        out.u8(known.ordinal());
        if (known != Comparators.OTHER) {
            return OpenObjects.NONE;
        }
        int around = open.openFixed(number);
        path.enter();
        path.field("comparator()");
        int lowest = writeKey(comparator);
        path.leave();
        open.closeFixed(around);
        return lowest;
    }

    private void writeEnumSet(EnumSet<?> set) {
        Class<?> type = EnumTypes.of(set);
        if (type == null) {
            throw refused(set.getClass(), "expected=sets of enums that have constants; use an empty set");
        }
        writeClass(ClassPlan.of(type));
        writeKeys(set, OpenObjects.NONE);
    }

    /** Writes a class: by name and fingerprint the first time, then by its number in this message. */
    private void writeClass(ClassPlan plan) {
        int number = classes.number(plan);
        out.varint(number + 1);
        if (number < 0) {
            out.i64(plan.fingerprint);
            out.varint(plan.nameBytes.length);
            out.bytes(plan.nameBytes);
        }
    }

    private IllegalArgumentException refused(Class<?> type, String why) {
        String remedy = path.leadsThroughOuterInstance() ? why + "; or make the inner class static" : why;
        return new IllegalArgumentException("cannot cross: path=" + path + ", type=" + type.getName() + ", " + remedy);
    }
}
