package org.blazefl4j.codec;

import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The constant records that a decoder read last, by the field that holds them. Equal bytes at an equal place in a
 * message decode to equal records, so the same one serves again: what workers receive for one client differs in little
 * from what they receive for another, such as training options.
 *
 * <p>Different objects of one message stay different. So a record serves once in a message, and none is part of
 * another: a field in a record that is being read to be remembered has none of its own.
 */
final class KnownRecords {

    /** The most bytes of a record to remember. */
    private static final int MOST_BYTES = 4096;

    /** After so many other records in turn, a field is given up. */
    private static final int MOST_MISSES = 16;

    private static final ClassPlan[] NO_CLASSES = {};

    /** Of a field that is not worth remembering. */
    private static final Known GIVEN_UP = new Known(new byte[0], 0, NO_CLASSES, NO_CLASSES, NO_CLASSES);

    /** A record that was read. */
    static final class Known {

        /** Its bytes, with its kind. */
        private final byte[] bytes;

        /** How deep it lies. */
        private final int depth;

        /** Those that the message had named before. */
        private final ClassPlan[] classesBefore;

        /** Those that the record named besides. */
        final ClassPlan[] classes;

        /** The record and the numbered objects in it, by number from its own on. */
        final Object[] objects;

        /** The last message that it is a part of. */
        private int message;

        /** How many records in turn were others than the one before. */
        private int misses;

        Known(byte[] bytes, int depth, ClassPlan[] classesBefore, ClassPlan[] classes, Object[] objects) {
            this.bytes = bytes;
            this.depth = depth;
            this.classesBefore = classesBefore;
            this.classes = classes;
            this.objects = objects;
        }
    }

    private final Map<FieldPlan, Known> byField = new IdentityHashMap<>();
    private int message;
    private boolean reading;

    /** Starts a message. */
    void start() {
        message++;
        reading = false;
    }

    /** Returns a field's record if it comes next, and passes over its bytes; null if it has to be read. */
    @Nullable
    Known next(FieldPlan field, int depth, MessageReader in, ClassTable classes) {
        Known known = byField.get(field);
        if (reading
                || known == null
                || !serves(known)
                || known.depth != depth
                || !classes.holds(known.classesBefore)
                || !in.skip(known.bytes)) {
            return null;
        }
        known.message = message;
        known.misses = 0;
        return known;
    }

    /** Begins to read a record, and returns true, if it is one to remember. */
    boolean begin(FieldPlan field) {
        Known known = byField.get(field);
        if (reading || known != null && !serves(known)) {
            return false;
        }
        reading = true;
        return true;
    }

    /** Returns whether a record may still serve in this message. */
    private boolean serves(Known known) {
        return known != GIVEN_UP && known.message != message;
    }

    /** Remembers the record that was read, or gives up its field if it is null or was another too often. */
    void end(FieldPlan field, @Nullable Known read) {
        reading = false;
        Known last = byField.get(field);
        if (read != null) {
            read.message = message;
            read.misses = last == null ? 0 : last.misses + 1;
        }
        boolean worthIt = read != null && read.bytes.length <= MOST_BYTES && read.misses < MOST_MISSES;
        byField.put(field, worthIt ? read : GIVEN_UP);
    }
}
