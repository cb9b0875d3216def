package org.blazefl4j.cli.sweep;

import java.util.List;
import java.util.stream.Stream;
import org.blazefl4j.cli.options.ExperimentSchema;
import org.blazefl4j.cli.options.Settings;
import org.blazefl4j.cli.options.Settings.Setting;

/**
 * The values of a key in a grid, or of one setting of the part that the key names.
 *
 * @param setting the part's setting; empty for the key itself
 * @param usual the part if a run names none
 */
record GridAxis(String key, String setting, String usual, List<Setting> values) {

    /** Returns settings with each of the values. */
    Stream<Settings> applyTo(Settings settings) {
        return values.stream().map(value -> settings.with(key, value(settings, value)));
    }

    private Setting value(Settings settings, Setting value) {
        if (setting.isEmpty()) {
            return value;
        }
        String part = settings.get(key).map(Setting::text).orElse(usual);
        return new Setting(ExperimentSchema.withSettings(part, List.of(setting + "=" + value.text())), value.place());
    }
}
