package org.blazefl4j.codec;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Fills collections and maps, which runs user code: {@code hashCode}, {@code equals} and {@code compareTo}. Delays
 * filling sets and maps whose elements refer to an object that is still being decoded.
 */
final class CollectionFiller {

    private record Fill(int owner, Runnable action) {}

    private final List<Fill> waiting = new ArrayList<>();
    private int highestOwner = -1;

    /** Runs an action once the object with the owner's number is complete. Actions keep their order. */
    void add(int owner, Runnable action) {
        waiting.add(new Fill(owner, action));
        highestOwner = Math.max(highestOwner, owner);
    }

    /** Runs the actions that waited for an object, which is now complete. */
    void closed(int number) {
        if (number > highestOwner) {
            return;
        }
        highestOwner = -1;
        for (Iterator<Fill> fills = waiting.iterator(); fills.hasNext(); ) {
            Fill fill = fills.next();
            if (fill.owner == number) {
                fills.remove();
                fill.action.run();
            } else {
                highestOwner = Math.max(highestOwner, fill.owner);
            }
        }
    }

    /** Checks that no action is left. */
    void finish() {
        if (!waiting.isEmpty()) {
            throw new PackageFormatException(
                    "package damaged: sets or maps left unfilled=" + waiting.size() + ", expected=0");
        }
    }

    void clear() {
        waiting.clear();
        highestOwner = -1;
    }

    static void add(Collection<Object> target, @Nullable Object element) {
        try {
            target.add(element);
        } catch (RuntimeException | Error e) {
            throw refused(target, element, e);
        }
    }

    static void put(Map<Object, Object> target, @Nullable Object key, @Nullable Object value) {
        try {
            target.put(key, value);
        } catch (RuntimeException | Error e) {
            throw refused(target, key, e);
        }
    }

    static void addAll(Collection<Object> target, @Nullable Object[] elements) {
        for (@Nullable Object element : elements) {
            add(target, element);
        }
        checkSize(target.size(), elements.length);
    }

    /** Adds entries from an array of alternating keys and values. */
    static void putAll(Map<Object, Object> target, @Nullable Object[] entries) {
        for (int i = 0; i < entries.length; i += 2) {
            put(target, entries[i], entries[i + 1]);
        }
        checkSize(target.size(), entries.length / 2);
    }

    /** Checks that elements that were distinct for the sender are distinct here. */
    static void checkSize(int size, int count) {
        if (size != count) {
            throw new PackageFormatException("elements or keys are equal on arrival: distinct=" + size + ", expected="
                    + count + "; a set's or map's contents must not change in what equals() compares");
        }
    }

    private static PackageFormatException refused(Object target, @Nullable Object element, Throwable cause) {
        if (cause instanceof VirtualMachineError error && !(error instanceof StackOverflowError)) {
            throw error;
        }
        String type = element == null ? "null" : element.getClass().getName();
        return new PackageFormatException(
                "element refused: type=" + type + ", expected=what "
                        + target.getClass().getName() + " holds, cause=" + cause,
                cause);
    }
}
