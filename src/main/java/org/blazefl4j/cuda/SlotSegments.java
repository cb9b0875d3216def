package org.blazefl4j.cuda;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.blazefl4j.util.ErrorCollector;
import org.jspecify.annotations.Nullable;

/**
 * The segments with slots for results on one device, made on demand, as far as a share of its free memory allows. Says
 * once when there can be no more.
 */
final class SlotSegments implements AutoCloseable {

    private static final Logger LOGGER = System.getLogger(DeviceSlots.class.getName());

    /** CUDA allocates no less. */
    private static final long PAGE = 2 << 20;

    private final int device;
    private final double share;
    private final List<DeviceSegment> segments = new ArrayList<>(1);
    private boolean refused;

    /**
     * Allocates nothing yet.
     *
     * @param share the most of the device's free memory that results may take there, from 0 to 1
     */
    SlotSegments(int device, double share) {
        this.device = device;
        this.share = share;
    }

    List<DeviceSegment> all() {
        return Collections.unmodifiableList(segments);
    }

    /** Returns a new segment, or null if there is no memory for one. */
    @Nullable
    DeviceSegment add(long slotBytes, int most) {
        int slots = (int) Math.min(most, Math.max(1, PAGE / Math.max(slotBytes, DeviceSegment.SLOT_ALIGNMENT)));
        long taken = segments.stream().mapToLong(DeviceSegment::bytes).sum();
        long need = taken + Math.max(PAGE, slots * slotBytes);
        long free = DeviceSegment.free(device);
        long limit = (long) (share * ((double) free + taken));
        if (need > limit) {
            refuse("need=" + need + ", free=" + free + ", limit=" + limit + ", since deviceResultShare=" + share
                    + " of what is free");
            return null;
        }
        try {
            DeviceSegment added = DeviceSegment.create(device, slots, slotBytes);
            segments.add(added);
            return added;
        } catch (NoDeviceMemoryException e) {
            refuse("need=" + need + ", free=" + free + ", limit=what is free in one piece");
            return null;
        }
    }

    private void refuse(String why) {
        if (!refused) {
            refused = true;
            LOGGER.log(
                    Level.WARNING,
                    "results stay in host memory: device=cuda:" + device + ", " + why
                            + "; they are copied to page-locked memory, with the same bits: raise the share, or use"
                            + " fewer workers");
        }
    }

    @Override
    public void close() {
        ErrorCollector failures = new ErrorCollector();
        segments.forEach(segment -> failures.run(segment::close));
        segments.clear();
        failures.throwFirst("results on a device");
    }
}
