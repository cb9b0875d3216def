package org.blazefl4j.process;

import java.util.HashMap;
import java.util.Map;

/**
 * The messages of configurations that never change, by client: each is encoded once, and sent as it is for as long as
 * the client has the same configuration, which is the same object.
 */
final class ConfigMessages {

    /** What all messages together may take; clients that come later are encoded each time. */
    private static final long MOST_BYTES = 64L << 20;

    /**
     * A client's message.
     *
     * @param config what it says
     * @param removals of the {@link SharedMemoryMap} when it was made: it may refer to what was removed since
     */
    private record Known(Object config, byte[] message, int removals) {}

    private final SharedMemoryMap map;
    private final long limit;
    private final Map<Integer, Known> byClient = new HashMap<>();
    private long bytes;

    ConfigMessages(SharedMemoryMap map) {
        this(map, MOST_BYTES);
    }

    /** With another limit. */
    ConfigMessages(SharedMemoryMap map, long limit) {
        this.map = map;
        this.limit = limit;
    }

    /** The client's message; null if it has to be encoded. */
    byte[] find(int client, Object config) {
        Known known = byClient.get(client);
        boolean same = known != null && known.config == config && known.removals == map.removals();
        return same ? known.message : null;
    }

    /** Takes the message of a configuration that never changes, in place of the client's last one. */
    void keep(int client, Object config, byte[] message) {
        Known last = byClient.remove(client);
        bytes -= last == null ? 0 : last.message.length;
        if (bytes + message.length <= limit) {
            bytes += message.length;
            byClient.put(client, new Known(config, message, map.removals()));
        }
    }
}
