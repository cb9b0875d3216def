package org.blazefl4j.codec;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.pytorch.Tensor;

/** The kind of a value in a message. The first byte of each value is the ordinal of its kind. */
public enum Kind {
    NULL(Object.class),
    /** The number of an earlier object. */
    REFERENCE(Object.class),
    BOOLEAN(Boolean.class),
    BYTE(Byte.class),
    SHORT(Short.class),
    CHARACTER(Character.class),
    INTEGER(Integer.class),
    LONG(Long.class),
    FLOAT(Float.class),
    DOUBLE(Double.class),
    OPTIONAL_INT(OptionalInt.class),
    OPTIONAL_LONG(OptionalLong.class),
    OPTIONAL_DOUBLE(OptionalDouble.class),
    ENUM(Enum.class),
    /** The first kind whose objects are numbered, so that an object that appears twice arrives as one. */
    STRING(String.class),
    BIG_INTEGER(BigInteger.class),
    BIG_DECIMAL(BigDecimal.class),
    BIT_SET(BitSet.class),
    TEXT(Object.class),
    TENSOR(Tensor.class),
    OPTIONAL(Optional.class),
    PRIMITIVE_ARRAY(Object.class),
    OBJECT_ARRAY(Object.class),
    LIST(ArrayList.class),
    LINKED_LIST(LinkedList.class),
    ARRAY_DEQUE(ArrayDeque.class),
    SET(LinkedHashSet.class),
    SORTED_SET(TreeSet.class),
    ENUM_SET(EnumSet.class),
    MAP(LinkedHashMap.class),
    CONCURRENT_MAP(ConcurrentHashMap.class),
    SORTED_MAP(TreeMap.class),
    ENUM_MAP(EnumMap.class),
    RECORD(Record.class),
    OBJECT(Object.class),
    /** Cannot cross. Never in a message. */
    REFUSED(Object.class);

    private static final Kind[] KINDS = values();

    /** The class of a tensor, collection or map on arrival. */
    final Class<?> arrival;

    Kind(Class<?> arrival) {
        this.arrival = arrival;
    }

    /** Returns the kind with a number, or {@link #REFUSED} if the number is unknown. */
    static Kind of(int number) {
        return number < KINDS.length ? KINDS[number] : REFUSED;
    }

    boolean isNumbered() {
        return compareTo(STRING) >= 0;
    }

    /** Returns whether numbered objects of this kind contain no other objects. */
    boolean isLeaf() {
        return compareTo(TENSOR) <= 0 || this == PRIMITIVE_ARRAY;
    }

    /** Returns whether values of this kind are immutable, apart from the objects they contain. */
    boolean isConstant() {
        return compareTo(BIT_SET) < 0 || this == TEXT || this == TENSOR || this == OPTIONAL || this == RECORD;
    }

    /** Returns whether a value may be a part of several packages, if what it contains may. */
    boolean isShareable() {
        return isConstant() && this != TENSOR && this != REFERENCE;
    }

    /** Returns whether a value may arrive as an object of another class. */
    boolean changesClass() {
        return this == TENSOR || compareTo(LIST) >= 0 && compareTo(ENUM_MAP) <= 0;
    }
}
