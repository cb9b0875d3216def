package org.blazefl4j.codec;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.util.EnumMap;
import java.util.EnumSet;

/** The enum of an EnumSet or EnumMap, which neither tells while it is empty. */
final class EnumTypes {

    private EnumTypes() {}

    /** The set's enum, or null for an empty set of an enum without constants. */
    static Class<?> of(EnumSet<?> set) {
        EnumSet<?> some = set.isEmpty() ? EnumSet.complementOf(set) : set;
        return some.isEmpty() ? null : some.iterator().next().getDeclaringClass();
    }

    static Class<?> of(EnumMap<?, ?> map) {
        return map.isEmpty() ? ofEmpty(map) : map.keySet().iterator().next().getDeclaringClass();
    }

    /** The serial form of an EnumMap is specified to hold the key type, and a stream is told of each class in it. */
    private static Class<?> ofEmpty(EnumMap<?, ?> map) {
        try (ClassNoter noter = new ClassNoter()) {
            noter.writeObject(map);
            return noter.enumType;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static final class ClassNoter extends ObjectOutputStream {

        private Class<?> enumType;

        ClassNoter() throws IOException {
            super(OutputStream.nullOutputStream());
        }

        @Override
        protected void annotateClass(Class<?> type) {
            enumType = type.isEnum() ? type : enumType;
        }
    }
}
