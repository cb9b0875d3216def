package org.blazefl4j.binding;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.blazefl4j.core.Device;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIf;

/** Marks tests on real CUDA devices; they are skipped, visibly in the report, if LibTorch finds none. */
@Tag("gpu")
@EnabledIf(value = "org.blazefl4j.binding.OnGpu$Devices#areThere", disabledReason = "LibTorch sees no CUDA device")
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface OnGpu {

    /** Checks that LibTorch finds a device. */
    final class Devices {

        private Devices() {}

        static boolean areThere() {
            return Device.cudaDevices() > 0;
        }
    }
}
