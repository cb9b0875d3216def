package org.blazefl4j.codec;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.Reader;
import java.io.Writer;
import java.lang.ref.Reference;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Lock;
import java.util.stream.BaseStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Decides which classes may cross, and as what kind. Does not initialise classes. */
final class CrossingRules {

    private static final String EXPECTED =
            "expected=records, enums, strings, numbers, dates, collections, maps, arrays, Optionals, tensors and plain classes of these; ";
    private static final String LEAVE_OUT = "leave it out of what is sent, or mark the field transient";

    private static final String FINALIZED =
            "it has a finalize() method, which would also run for its copies: keep what it frees in a transient field";

    private static final List<Class<?>> NEVER = List.of(
            Thread.class,
            ClassLoader.class,
            Throwable.class,
            Process.class,
            Executor.class,
            Lock.class,
            Reference.class,
            InputStream.class,
            OutputStream.class,
            Reader.class,
            Writer.class,
            BaseStream.class);

    /** The kinds of a single class each. */
    private static final Set<Kind> EXACT = exact();

    private CrossingRules() {}

    private static Set<Kind> exact() {
        Set<Kind> exact = EnumSet.range(Kind.BOOLEAN, Kind.BIT_SET);
        exact.remove(Kind.ENUM);
        exact.add(Kind.OPTIONAL);
        return exact;
    }

    /** Returns the kind of a class's objects; {@link Kind#REFUSED} if {@link #refusal} gives a reason. */
    static Kind kind(Class<?> type) {
        for (Kind kind : EXACT) {
            if (kind.arrival == type) {
                return kind;
            }
        }
        if (type.isEnum()) {
            return Kind.ENUM;
        }
        if (type.isArray()) {
            return type.getComponentType().isPrimitive() ? Kind.PRIMITIVE_ARRAY : Kind.OBJECT_ARRAY;
        }
        if (Tensor.class.isAssignableFrom(type)) {
            return Kind.TENSOR;
        }
        if (TextValue.of(type) != null) {
            return Kind.TEXT;
        }
        return refusal(type) != null ? Kind.REFUSED : composite(type);
    }

    private static Kind composite(Class<?> type) {
        if (type.isRecord()) {
            return Kind.RECORD;
        }
        if (Collection.class.isAssignableFrom(type)) {
            return collection(type);
        }
        return Map.class.isAssignableFrom(type) ? map(type) : Kind.OBJECT;
    }

    private static Kind collection(Class<?> type) {
        if (EnumSet.class.isAssignableFrom(type)) {
            return Kind.ENUM_SET;
        }
        if (Set.class.isAssignableFrom(type)) {
            return SortedSet.class.isAssignableFrom(type) ? Kind.SORTED_SET : Kind.SET;
        }
        if (type == LinkedList.class) {
            return Kind.LINKED_LIST;
        }
        return type == ArrayDeque.class ? Kind.ARRAY_DEQUE : Kind.LIST;
    }

    private static Kind map(Class<?> type) {
        if (type == EnumMap.class) {
            return Kind.ENUM_MAP;
        }
        if (SortedMap.class.isAssignableFrom(type)) {
            return Kind.SORTED_MAP;
        }
        return type == ConcurrentHashMap.class ? Kind.CONCURRENT_MAP : Kind.MAP;
    }

    /** Returns why objects of a class cannot cross, as {@code expected=...; remedy}, or null if they can. */
    static @Nullable String refusal(Class<?> type) {
        if (type.isHidden()) {
            return EXPECTED
                    + "instead of a lambda or method reference use a record or an enum that implements the interface";
        }
        if (Proxy.isProxyClass(type)) {
            return EXPECTED + "instead of a proxy use a record that implements the interface";
        }
        if (Pointer.class.isAssignableFrom(type)) {
            return EXPECTED + "of native objects only tensors cross, such as a model's flat parameters";
        }
        if (NEVER.stream().anyMatch(never -> never.isAssignableFrom(type))) {
            return EXPECTED + LEAVE_OUT;
        }
        String refusal = type.isRecord() && !isOfPlatform(type) ? null : classRefusal(type);
        return refusal == null && isFinalized(type) ? EXPECTED + FINALIZED : refusal;
    }

    private static @Nullable String classRefusal(Class<?> type) {
        if (Collection.class.isAssignableFrom(type)) {
            boolean queue = Queue.class.isAssignableFrom(type) && !List.class.isAssignableFrom(type);
            return queue && type != ArrayDeque.class ? EXPECTED + "send the elements as a list or an ArrayDeque" : null;
        }
        if (Map.class.isAssignableFrom(type)) {
            boolean identity = IdentityHashMap.class.isAssignableFrom(type);
            return identity ? EXPECTED + "keys are equal by equals() on arrival: send a list of pairs" : null;
        }
        if (type.isInterface() || Modifier.isAbstract(type.getModifiers()) || isOfPlatform(type)) {
            return EXPECTED + LEAVE_OUT;
        }
        return superclassRefusal(type);
    }

    /** Returns whether the class, or a superclass outside the JDK, has a finalizer. */
    private static boolean isFinalized(Class<?> type) {
        for (Class<?> c = type; c != null && !isOfPlatform(c); c = c.getSuperclass()) {
            if (declaresFinalizer(c)) {
                return true;
            }
        }
        return false;
    }

    private static boolean declaresFinalizer(Class<?> type) {
        try {
            type.getDeclaredMethod("finalize");
            return true;
        } catch (NoSuchMethodException | LinkageError e) {
            return false; // a LinkageError: a class in a method signature is missing
        }
    }

    private static @Nullable String superclassRefusal(Class<?> type) {
        for (Class<?> above = type.getSuperclass(); above != null; above = above.getSuperclass()) {
            if (isOfPlatform(above) && hasState(above)) {
                return EXPECTED + "it extends " + above.getName()
                        + ", whose state is not accessible: use a field of that type instead";
            }
        }
        return null;
    }

    /** Returns whether a class belongs to the JDK. */
    static boolean isOfPlatform(Class<?> type) {
        ClassLoader loader = type.getClassLoader();
        String module = type.getModule().isNamed() ? type.getModule().getName() : "";
        return loader == null
                || loader == ClassLoader.getPlatformClassLoader()
                || module.startsWith("java.")
                || module.startsWith("jdk.");
    }

    private static boolean hasState(Class<?> type) {
        return Stream.of(type.getDeclaredFields()).anyMatch(field -> !Modifier.isStatic(field.getModifiers()));
    }
}
