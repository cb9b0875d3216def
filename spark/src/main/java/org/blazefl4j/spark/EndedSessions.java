package org.blazefl4j.spark;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** The names of the sessions that ended last, as many as may still be asked for. Thread-safe. */
final class EndedSessions {

    private static final int MOST = 64;

    private final Queue<String> names = new ConcurrentLinkedQueue<>();

    /** Adds a session that has ended, once. */
    void add(String name) {
        if (names.contains(name)) {
            return;
        }
        names.add(name);
        if (names.size() > MOST) {
            names.poll();
        }
    }

    boolean contains(String name) {
        return names.contains(name);
    }

    /** Returns the names, the oldest first. */
    List<String> names() {
        return List.copyOf(names);
    }
}
