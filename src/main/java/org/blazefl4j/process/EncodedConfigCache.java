package org.blazefl4j.process;

import java.util.HashMap;
import java.util.Map;
import org.blazefl4j.shm.SharedMemoryMap;
import org.jspecify.annotations.Nullable;

/**
 * Caches the encoded messages of constant configurations by client. A message is reused as long as the client has the
 * same configuration object.
 */
final class EncodedConfigCache {

    /** The memory limit of the cache. Further clients are encoded each time. */
    private static final long MOST_BYTES = 64L << 20;

    /** The approximate overhead of an entry. */
    private static final long ENTRY_BYTES = 200;

    /** A configuration and its message. */
    private record Entry(@Nullable Object config, byte[] message) {
        long bytes() {
            return message.length + ENTRY_BYTES;
        }
    }

    private final SharedMemoryMap map;
    private final long limit;
    private final Map<Integer, Entry> byClient = new HashMap<>();
    private long bytes;

    /** The map's counter when the messages were encoded: they may refer to memory removed since. */
    private int removals;

    EncodedConfigCache(SharedMemoryMap map) {
        this(map, MOST_BYTES);
    }

    EncodedConfigCache(SharedMemoryMap map, long limit) {
        this.map = map;
        this.limit = limit;
    }

    /** Returns the client's message, or null if the configuration has to be encoded. Drops an outdated message. */
    byte @Nullable [] find(int client, @Nullable Object config) {
        if (removals != map.removals()) {
            removals = map.removals();
            byClient.clear();
            bytes = 0;
        }
        Entry entry = byClient.get(client);
        if (entry == null || entry.config == config) {
            return entry == null ? null : entry.message;
        }
        bytes -= entry.bytes();
        byClient.remove(client);
        return null;
    }

    /** Adds the message of a constant configuration, after {@link #find} returned null. */
    void keep(int client, @Nullable Object config, byte[] message) {
        Entry entry = new Entry(config, message);
        if (bytes + entry.bytes() <= limit) {
            bytes += entry.bytes();
            byClient.put(client, entry);
        }
    }
}
