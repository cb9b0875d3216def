package org.blazefl4j.codec;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Delays filling sets and maps whose elements refer to an object that is still being decoded. */
final class DeferredFills {

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
                    "package damaged: sets or maps left unfilled=" + waiting.size() + ", limit=0");
        }
    }

    void clear() {
        waiting.clear();
        highestOwner = -1;
    }
}
