package org.blazefl4j.codec;

import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The declared type of a place, with the type arguments of JDK collections, maps and Optionals. */
final class Declared {

    /** Any object. */
    static final Declared ANY = new Declared(Object.class);

    final Class<?> type;

    /** The type arguments of a collection, map or Optional. Empty if not declared. */
    private final Declared[] contents;

    private Declared(Class<?> type, Declared... contents) {
        this.type = type;
        this.contents = contents;
    }

    static Declared of(Type type) {
        if (type instanceof WildcardType wildcard) {
            return of(wildcard.getUpperBounds()[0]);
        }
        Class<?> erased = erased(type);
        if (type instanceof ParameterizedType generic && isContainer(erased)) {
            Declared[] contents = Stream.of(generic.getActualTypeArguments())
                    .map(Declared::of)
                    .toArray(Declared[]::new);
            return new Declared(erased, contents);
        }
        return new Declared(erased);
    }

    private static boolean isContainer(Class<?> type) {
        return CrossingRules.isOfPlatform(type)
                && (Collection.class.isAssignableFrom(type)
                        || Map.class.isAssignableFrom(type)
                        || type == Iterable.class
                        || type == Optional.class);
    }

    /** Returns the erasure. Ignores type arguments, because a type variable may refer to itself. */
    private static Class<?> erased(Type type) {
        if (type instanceof Class<?> plain) {
            return plain;
        }
        if (type instanceof ParameterizedType generic) {
            return (Class<?>) generic.getRawType();
        }
        if (type instanceof TypeVariable<?> variable) {
            return erased(variable.getBounds()[0]);
        }
        if (type instanceof GenericArrayType array) {
            return erased(array.getGenericComponentType()).arrayType();
        }
        return erased(((WildcardType) type).getUpperBounds()[0]);
    }

    /** Returns whether what lies there is only strings, numbers and enums, which contain no other objects. */
    boolean isPlain() {
        return contents.length == 0
                ? isPlain(type) || type.isEnum()
                : Stream.of(contents).allMatch(Declared::isPlain);
    }

    /** Returns whether a class is of strings, numbers or truth values. */
    static boolean isPlain(Class<?> type) {
        return type == String.class
                || type == Double.class
                || type == Integer.class
                || type == Long.class
                || type == Boolean.class
                || type == Float.class;
    }

    /** Returns the declared type of elements, map keys or an Optional's value. */
    Declared element() {
        return contents.length > 0 ? contents[0] : ANY;
    }

    /** Returns the declared type of map values. */
    Declared value() {
        return contents.length > 1 ? contents[1] : ANY;
    }
}
