package org.blazefl4j.worker;

import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;

/** The LibTorch settings of a thread, which that thread must restore. */
final class ThreadSettings {

    static {
        LibTorch.load();
    }

    private static final Setting[] ALL = {
        Setting.flag("gradients", GradMode::is_enabled, GradMode::set_enabled),
        Setting.flag("flushDenormal", LibTorch::flushesDenormal, LibTorch::flushDenormal),
        autocast("autocastCpu", DeviceType.CPU),
        autocastDtype("autocastCpuDtype", DeviceType.CPU),
        autocast("autocastCuda", DeviceType.CUDA),
        autocastDtype("autocastCudaDtype", DeviceType.CUDA),
        Setting.flag("autocastCache", torch::is_autocast_cache_enabled, torch::set_autocast_cache_enabled),
        // a scope that is not closed sets the number
        Setting.number("intraOpThreads", IntraOpThreads::current, IntraOpThreads::scope),
    };

    private ThreadSettings() {}

    private static Setting autocast(String name, DeviceType device) {
        return Setting.flag(
                name, () -> torch.is_autocast_enabled(device), on -> torch.set_autocast_enabled(device, on));
    }

    private static Setting autocastDtype(String name, DeviceType device) {
        return Setting.dtype(
                name, () -> torch.get_autocast_dtype(device).value, dtype -> torch.set_autocast_dtype(device, dtype));
    }

    /** Captures the calling thread's settings. */
    static SettingsSnapshot take() {
        return new SettingsSnapshot(ALL);
    }
}
