package org.blazefl4j.process;

import java.util.HashMap;
import java.util.Map;
import org.blazefl4j.shm.SharedMemoryMap;

/**
 * The messages of configurations that never change, by client: each is encoded once, and sent as it is for as long as
 * the client has the same configuration, which is the same object.
 */
final class EncodedConfigCache {

    /** What all messages together may take; clients that come later are encoded each time. */
    private static final long MOST_BYTES = 64L << 20;

    /** About what keeping a message takes beside its bytes. */
    private static final long EACH = 200;

    /** A client's message, and what it says. */
    private record Known(Object config, byte[] message) {
        long bytes() {
            return message.length + EACH;
        }
    }

    private final SharedMemoryMap map;
    private final long limit;
    private final Map<Integer, Known> byClient = new HashMap<>();
    private long bytes;

    /** Of the map when the messages were made: they may refer to what was removed since. */
    private int removals;

    EncodedConfigCache(SharedMemoryMap map) {
        this(map, MOST_BYTES);
    }

    /** With another limit. */
    EncodedConfigCache(SharedMemoryMap map, long limit) {
        this.map = map;
        this.limit = limit;
    }

    /** The client's message; null if it has to be encoded, and then what was kept for the client is gone. */
    byte[] find(int client, Object config) {
        if (removals != map.removals()) {
            removals = map.removals();
            byClient.clear();
            bytes = 0;
        }
        Known known = byClient.get(client);
        if (known == null || known.config == config) {
            return known == null ? null : known.message;
        }
        bytes -= known.bytes();
        byClient.remove(client);
        return null;
    }

    /** Takes the message of a configuration that never changes, after {@link #find} has found none. */
    void keep(int client, Object config, byte[] message) {
        Known known = new Known(config, message);
        if (bytes + known.bytes() <= limit) {
            bytes += known.bytes();
            byClient.put(client, known);
        }
    }
}
