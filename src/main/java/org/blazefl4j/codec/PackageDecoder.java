package org.blazefl4j.codec;

import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.blazefl4j.util.Throwables;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Decodes messages of {@link PackageEncoder}.
 *
 * <p>Does not trust the bytes: decoding returns a package or throws {@link PackageFormatException}. Creates only
 * records, enums and plain classes that may cross and that fit the declared type of their place; initialises no other
 * class, and never allocates more than the length of the message accounts for. Does not limit the time that hashing
 * keys takes.
 *
 * <p>Use a decoder from one thread at a time, for any number of messages. Messages are independent; only class metadata
 * is cached.
 */
public final class PackageDecoder {

    private static final Declared COMPARATOR = Declared.of(Comparator.class);

    /** Marks a record or Optional that is still being read. */
    private static final Object PENDING = new Object();

    private final MessageReader in = new MessageReader();
    private final ClassTable classes;
    private final List<Tensor> tensors = new ArrayList<>();
    private final CollectionFiller deferred = new CollectionFiller();
    private final KnownRecords known = new KnownRecords();
    private @Nullable Object[] objects = new Object[64];
    private int size;
    private int depth;
    /** Values so far that are no constants, of which a record that is used again must have none. */
    private int variables;

    private final Declared root;
    private final boolean declaredOnly;
    private @Nullable TensorResolver resolver;

    /**
     * Creates a decoder.
     *
     * @param loader finds the classes of packages
     */
    public PackageDecoder(ClassLoader loader) {
        this(loader, null);
    }

    /**
     * Creates a decoder for messages that may be untrusted.
     *
     * @param loader finds the classes of packages
     * @param declared if not null, only classes of the JDK and those that their places are declared to hold are created
     *     and initialised, starting from this declared type of the package; type arguments of collections, maps and
     *     Optionals count, and comparators of such classes are refused
     */
    public PackageDecoder(ClassLoader loader, @Nullable Class<?> declared) {
        this.classes = new ClassTable(loader);
        this.root = declared == null ? Declared.ANY : Declared.of(declared);
        this.declaredOnly = declared != null;
    }

    /**
     * Decodes one message.
     *
     * @param message the bytes from position to limit, which stay as they are. Bytes outside a Java array are copied
     *     before they are read
     * @param tensorResolver creates each distinct tensor once; null if the message must not contain tensors. Its
     *     exceptions pass through
     * @return the package; the caller owns its tensors
     * @throws PackageFormatException if the bytes are not a complete message, do not fit the classes of this process or
     *     hold a class that is not declared. Tensors that were already resolved are closed.
     */
    public @Nullable Object decode(ByteBuffer message, @Nullable TensorResolver tensorResolver) {
        resolver = tensorResolver;
        boolean done = false;
        try {
            in.start(message);
            classes.start();
            known.start();
            @Nullable Object graph = read(root);
            in.finish();
            deferred.finish();
            done = true;
            return graph;
        } catch (StackOverflowError e) {
            throw new PackageFormatException(
                    "nested too deep for this thread's stack: limit=" + GraphPath.MAX_DEPTH + " levels on 1 MiB", e);
        } finally {
            reset(done);
        }
    }

    private void reset(boolean done) {
        if (!done) {
            tensors.forEach(Tensor::close);
        }
        tensors.clear();
        deferred.clear();
        Arrays.fill(objects, 0, size, null);
        size = 0;
        depth = 0;
        variables = 0;
        resolver = null;
        in.release();
    }

    private @Nullable Object read(Declared declared) {
        Kind kind = Kind.of(in.u8());
        variables += kind.isShareable() ? 0 : 1;
        @Nullable Object value = kind.isNumbered() ? readNumbered(kind, declared) : readSimple(kind, declared);
        if (value != null && !declared.type.isInstance(value)) {
            throw in.damaged("type=" + value.getClass().getName(), declared.type.getName());
        }
        return value;
    }

    private @Nullable Object readSimple(Kind kind, Declared declared) {
        return switch (kind) {
            case NULL -> null;
            case REFERENCE -> readReference();
            case ENUM -> readEnum(declared);
            default -> ScalarCodec.read(kind, in);
        };
    }

    private Object readReference() {
        int number = in.index(size);
        Object object = objects[number];
        if (object == PENDING) {
            throw in.damaged("reference to an incomplete record", "complete objects");
        }
        return object;
    }

    private Object readEnum(Declared declared) {
        ClassPlan plan = readClass(Kind.ENUM, declared.type);
        try {
            Object[] constants = plan.constants();
            return constants[in.index(constants.length)];
        } catch (LinkageError e) {
            throw new PackageFormatException("enum cannot be initialised: type=" + plan.type.getName(), e);
        }
    }

    private Object readNumbered(Kind kind, Declared declared) {
        int number = add();
        Object value = kind.isLeaf() ? readLeaf(kind) : readComposite(kind, number, declared);
        objects[number] = value;
        deferred.closed(number);
        return value;
    }

    private Object readLeaf(Kind kind) {
        return kind == Kind.TENSOR ? readTensor() : ScalarCodec.read(kind, in);
    }

    private int add() {
        if (size == objects.length) {
            objects = Arrays.copyOf(objects, 2 * size);
        }
        objects[size] = PENDING;
        return size++;
    }

    private Tensor readTensor() {
        ShmHandle handle = ScalarCodec.readHandle(in);
        if (resolver == null) {
            throw new PackageFormatException("unexpected tensor: handle=" + handle + ", expected=no tensors");
        }
        Tensor tensor = Objects.requireNonNull(resolver.resolve(handle), "resolved tensor");
        tensors.add(tensor);
        return tensor;
    }

    /**
     * Reads an object that contains others. Deliberately one large method: HotSpot does not inline methods of more than
     * 325 bytecodes, so it compiles the recursion one level at a time. Smaller methods inlined into each other kept the
     * compiler busy during the first rounds of a run, on a core that clients need.
     */
    private Object readComposite(Kind kind, int number, Declared declared) {
        if (++depth > GraphPath.MAX_DEPTH) {
            throw in.damaged("depth=" + depth, String.valueOf(GraphPath.MAX_DEPTH));
        }
        if (kind.changesClass() && !declared.type.isAssignableFrom(kind.arrival)) {
            throw in.damaged("type=" + kind.arrival.getName(), declared.type.getName()); // before what is in it is read
        }
        Object value = switch (kind) {
            case OPTIONAL -> Optional.ofNullable(read(element(declared)));
            case RECORD -> readRecord(declared.type);
            case OBJECT -> readObject(number, declared.type);
            case OBJECT_ARRAY -> readArray(number, declared.type);
            case LIST -> readElements(new ArrayList<>(), number, declared, Message.NOT_DEFERRED);
            case LINKED_LIST -> readElements(new LinkedList<>(), number, declared, Message.NOT_DEFERRED);
            case ARRAY_DEQUE -> readElements(new ArrayDeque<>(), number, declared, Message.NOT_DEFERRED);
            case SET -> readElements(new LinkedHashSet<>(), number, declared, in.i32());
            case SORTED_SET -> readElements(new TreeSet<>(readComparator()), number, declared, in.i32());
            case ENUM_SET -> readElements(newEnumSet(readKeyClass(declared)), number, declared, in.i32());
            case MAP -> readEntries(new LinkedHashMap<>(), number, declared);
            case CONCURRENT_MAP -> readEntries(new ConcurrentHashMap<>(), number, declared);
            case SORTED_MAP -> readEntries(new TreeMap<>(readComparator()), number, declared);
            case ENUM_MAP -> readEntries(newEnumMap(readKeyClass(declared)), number, declared);
            default -> throw in.damaged("kind=" + kind, "kinds that cross");
        };
        depth--;
        return value;
    }

    private Object readRecord(Class<?> declared) {
        ClassPlan plan = readClass(Kind.RECORD, declared);
        @Nullable Object[] components = new Object[plan.fields.length];
        for (int i = 0; i < components.length; i++) {
            components[i] = readField(plan.fields[i]);
        }
        try {
            return plan.newRecord(components);
        } catch (Throwable e) {
            throw failure("record refuses its components", plan, e);
        }
    }

    private Object readObject(int number, Class<?> declared) {
        ClassPlan plan = readClass(Kind.OBJECT, declared);
        Object object = newObject(plan);
        objects[number] = object;
        for (FieldPlan field : plan.fields) {
            field.set(object, readField(field));
        }
        return object;
    }

    private @Nullable Object readField(FieldPlan field) {
        if (field.primitive != null) {
            return ScalarCodec.read(field.primitive, in);
        }
        return in.peek() == Kind.RECORD.ordinal() ? readRecord(field) : read(field.declared);
    }

    /** Reads the record of a field, or uses that of an earlier message if it is constant and equal. */
    private @Nullable Object readRecord(FieldPlan field) {
        KnownRecords.Known same = known.next(field, depth, in, classes);
        if (same != null) {
            return use(same);
        }
        return known.begin(field) ? readToRemember(field) : read(field.declared);
    }

    private @Nullable Object readToRemember(FieldPlan field) {
        int start = in.at();
        int number = size;
        int named = classes.size();
        int before = variables;
        @Nullable Object value = read(field.declared);
        ClassPlan[] earlier = classes.named(0, named);
        ClassPlan[] added = classes.named(named, classes.size());
        Object[] read = Arrays.copyOfRange(objects, number, size);
        known.end(
                field,
                variables == before ? new KnownRecords.Known(in.since(start), depth, earlier, added, read) : null);
        return value;
    }

    private Object use(KnownRecords.Known same) {
        for (ClassPlan plan : same.classes) {
            classes.add(plan);
        }
        for (Object object : same.objects) {
            int number = add();
            objects[number] = object;
            deferred.closed(number);
        }
        return same.objects[0];
    }

    private static Object newObject(ClassPlan plan) {
        try {
            return plan.newObject();
        } catch (Throwable e) {
            throw failure("class cannot be initialised", plan, e);
        }
    }

    private static PackageFormatException failure(String what, ClassPlan plan, Throwable cause) {
        if (cause instanceof VirtualMachineError error) {
            throw error;
        }
        return new PackageFormatException(
                what + ": type=" + plan.type.getName() + ", cause=" + Throwables.text(cause), cause);
    }

    private Object readArray(int number, Class<?> declared) {
        Class<?> elementType = classes.read(in).type;
        if (!declared.isAssignableFrom(elementType.arrayType())) {
            throw in.damaged("type=array of " + elementType.getName(), declared.getName());
        }
        requireDeclared(elementType, declared);
        Declared element = Declared.of(elementType);
        int length = in.count(1);
        Object[] array = newArray(elementType, length);
        objects[number] = array;
        for (int i = 0; i < length; i++) {
            in.next();
            array[i] = read(element);
        }
        return array;
    }

    private Object[] newArray(Class<?> elementType, int length) {
        try {
            return (Object[]) Array.newInstance(elementType, length);
        } catch (IllegalArgumentException e) {
            throw new PackageFormatException("package damaged: no array of type=" + elementType.getName(), e);
        }
    }

    /** Reads elements, which wait for their owner to be complete if it has a number. */
    private Object readElements(Collection<Object> target, int number, Declared declared, int owner) {
        objects[number] = target;
        int count = in.count(1);
        Object @Nullable [] waiting = owner == Message.NOT_DEFERRED ? null : new Object[count];
        for (int i = 0; i < count; i++) {
            in.next();
            @Nullable Object element = read(element(declared));
            if (waiting == null) {
                CollectionFiller.add(target, element);
            } else {
                waiting[i] = element;
            }
        }
        if (waiting == null) {
            CollectionFiller.checkSize(target.size(), count);
        } else {
            deferred.add(owner, () -> CollectionFiller.addAll(target, waiting));
        }
        return target;
    }

    private Object readEntries(Map<Object, Object> target, int number, Declared declared) {
        objects[number] = target;
        int owner = in.i32();
        int count = in.count(2);
        Object @Nullable [] waiting = owner == Message.NOT_DEFERRED ? null : new Object[2 * count];
        for (int i = 0; i < count; i++) {
            in.next();
            @Nullable Object key = read(element(declared));
            in.next();
            @Nullable Object value = read(value(declared));
            if (waiting == null) {
                CollectionFiller.put(target, key, value);
            } else {
                waiting[2 * i] = key;
                waiting[2 * i + 1] = value;
            }
        }
        if (waiting == null) {
            CollectionFiller.checkSize(target.size(), count);
        } else {
            deferred.add(owner, () -> CollectionFiller.putAll(target, waiting));
        }
        return target;
    }

    @SuppressWarnings("unchecked")
    private @Nullable Comparator<Object> readComparator() {
        int number = in.u8();
        Comparators known = Comparators.of(number);
        if (known == null) {
            throw in.damaged("comparator=" + number, "known comparators");
        }
        return (Comparator<Object>) (known == Comparators.OTHER ? read(COMPARATOR) : known.comparator);
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Collection<Object> newEnumSet(ClassPlan plan) {
        return (Collection<Object>) (Collection<?>) EnumSet.noneOf((Class) plan.type);
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Map<Object, Object> newEnumMap(ClassPlan plan) {
        return (Map<Object, Object>) (Map<?, ?>) new EnumMap((Class) plan.type);
    }

    /** Returns the declared type of a place's elements or keys. Type arguments count only in strict mode. */
    private Declared element(Declared declared) {
        return declaredOnly ? declared.element() : Declared.ANY;
    }

    private Declared value(Declared declared) {
        return declaredOnly ? declared.value() : Declared.ANY;
    }

    /** Reads the enum of an EnumSet or EnumMap. */
    private ClassPlan readKeyClass(Declared declared) {
        return readClass(Kind.ENUM, element(declared).type);
    }

    /** Reads a class of a kind for a place of the declared type. Does not initialise it. */
    private ClassPlan readClass(Kind kind, Class<?> declared) {
        ClassPlan plan = classes.read(in);
        if (plan.kind == Kind.REFUSED) {
            throw new PackageFormatException("cannot cross: type=" + plan.type.getName() + ", " + plan.refusal);
        }
        if (plan.kind != kind || !fits(plan.type, declared)) {
            throw in.damaged("type=" + plan.type.getName() + ", kind=" + kind, declared.getName());
        }
        requireDeclared(plan.type, declared);
        return plan;
    }

    /** C1, which compiles for workers, calls the JVM for {@link Class#isAssignableFrom}. */
    private static boolean fits(Class<?> type, Class<?> declared) {
        return declared == type || declared == Object.class || declared.isAssignableFrom(type);
    }

    private void requireDeclared(Class<?> type, Class<?> declared) {
        if (declaredOnly && CrossingRules.isOfPlatform(declared) && !CrossingRules.isOfPlatform(type)) {
            throw new PackageFormatException("class is not declared: type=" + type.getName() + ", place="
                    + declared.getName() + ", expected=classes that their places are declared to hold; use a"
                    + " record with components that name them, such as List<" + type.getSimpleName() + ">");
        }
    }
}
