package org.blazefl4j.worker;

import java.util.ArrayList;
import java.util.List;

/** The values that settings of LibTorch had. Can be compared with later values, and restored. */
class SettingsSnapshot {

    private final Setting[] settings;
    private final int[] values;

    SettingsSnapshot(Setting[] settings) {
        this.settings = settings;
        this.values = new int[settings.length];
        for (int i = 0; i < settings.length; i++) {
            values[i] = settings[i].get().getAsInt();
        }
    }

    /** Returns whether all settings have these values. */
    public boolean hold() {
        return hold(values.length);
    }

    /** Returns whether the first settings have these values. */
    final boolean hold(int count) {
        for (int i = 0; i < count; i++) {
            if (settings[i].get().getAsInt() != values[i]) {
                return false;
            }
        }
        return true;
    }

    /** Returns the settings that differ in {@code other}, as {@code name=value} with the values of this object. */
    final List<String> otherThan(SettingsSnapshot other) {
        List<String> differing = new ArrayList<>();
        for (int i = 0; i < values.length; i++) {
            if (values[i] != other.values[i]) {
                differing.add(settings[i].name() + "=" + settings[i].text().apply(values[i]));
            }
        }
        return differing;
    }

    /** Restores the settings that have changed. */
    public void restore() {
        for (int i = 0; i < values.length; i++) {
            if (settings[i].get().getAsInt() != values[i]) {
                settings[i].set().accept(values[i]);
            }
        }
    }
}
