package org.blazefl4j.process;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Map;
import org.blazefl4j.cuda.DeviceSegment;
import org.blazefl4j.cuda.NoDeviceMemoryException;
import org.blazefl4j.util.ResourceStack;
import org.jspecify.annotations.Nullable;

/**
 * The memory of devices that carries payloads to workers: a block on each device, used again in each round. One that
 * became too small stays until the close, since workers may have it open. For the thread of the round.
 */
final class PayloadBlocks implements AutoCloseable {

    private static final Logger LOGGER = System.getLogger(PayloadBlocks.class.getName());

    private final Map<Integer, DeviceSegment> largest = new HashMap<>(2);
    private final ResourceStack blocks = new ResourceStack();
    private boolean refused;

    /** Returns a block, or null if there is no memory for it, which is said once. */
    @Nullable
    DeviceSegment block(int device, long bytes) {
        DeviceSegment known = largest.get(device);
        if (known != null && known.bytes() >= bytes || refused) {
            return refused ? null : known;
        }
        try {
            DeviceSegment added = blocks.add(DeviceSegment.create("models", device, 1, bytes));
            largest.put(device, added);
            return added;
        } catch (NoDeviceMemoryException e) {
            refused = true;
            LOGGER.log(Level.WARNING, "model crosses through host memory, with the same bits: " + e.getMessage());
            return null;
        }
    }

    @Override
    public void close() {
        blocks.close();
    }
}
