package org.blazefl4j.codec;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Finds the enum of an EnumSet or EnumMap, even if it is empty. */
final class EnumTypes {

    private EnumTypes() {}

    /** Returns the set's enum, or null for an empty set of an enum without constants. */
    static @Nullable Class<?> of(EnumSet<?> set) {
        EnumSet<?> some = set.isEmpty() ? EnumSet.complementOf(set) : set;
        return some.isEmpty() ? null : some.iterator().next().getDeclaringClass();
    }

    static Class<?> of(EnumMap<?, ?> map) {
        if (!map.isEmpty()) {
            return map.keySet().iterator().next().getDeclaringClass();
        }
        try (ClassNoter noter = new ClassNoter()) {
            noter.writeObject(map);
            return Objects.requireNonNull(noter.enumType, "key type");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Notes the key type of an EnumMap, which its specified serial form contains. */
    private static final class ClassNoter extends ObjectOutputStream {

        private @Nullable Class<?> enumType;

        ClassNoter() throws IOException {
            super(OutputStream.nullOutputStream());
        }

        @Override
        protected void annotateClass(Class<?> type) {
            enumType = type.isEnum() ? type : enumType;
        }
    }
}
