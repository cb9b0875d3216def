package org.blazefl4j.util;

import java.util.List;
import org.blazefl4j.cuda.FakeCuda;

/** Worker processes with the devices of {@link FakeCuda}, which share these devices' memory with the test's process. */
public final class FakeDevices {

    private FakeDevices() {}

    /** Runs in a worker: installs the devices before it starts, and lets faults strike as {@link Fault} does. */
    static final class Hook implements FaultPoint.Hook {

        private final FaultPoint.Hook faults = new Fault.Hook();

        Hook() {
            FakeCuda.install();
        }

        @Override
        public void accept(FaultPoint point, int number) {
            faults.accept(point, number);
        }
    }

    /** Returns the arguments of a worker's JVM that install the devices and faults; see {@link Fault#parse}. */
    public static List<String> arguments(String faults) {
        return Fault.arguments(Hook.class, faults);
    }
}
