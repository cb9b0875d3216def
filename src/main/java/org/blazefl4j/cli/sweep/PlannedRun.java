package org.blazefl4j.cli.sweep;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;
import org.blazefl4j.cli.options.Settings;
import org.blazefl4j.util.Sha256;

/**
 * A run of a study.
 *
 * @param varied the values of the keys in which the study's runs differ, but the seed
 * @param settings all settings of the run
 */
record PlannedRun(Map<String, String> varied, long seed, Settings settings) {

    private static final int LONGEST = 150;
    private static final int DIGITS = 8;

    /** Returns what tells the run from the others: {@code lr=0.1,seed=2}. */
    String title() {
        return varied.entrySet().stream().map(each -> each + ",").collect(Collectors.joining()) + "seed=" + seed;
    }

    /** Returns the title as the name of a folder, with a hash if it cannot be one. */
    String folderName() {
        String title = title();
        String plain = title.replaceAll("[^\\w.=,:+@%-]", "_");
        if (plain.equals(title) && plain.length() <= LONGEST) {
            return plain;
        }
        String hash = Sha256.hex(title.getBytes(StandardCharsets.UTF_8)).substring(0, DIGITS);
        return plain.substring(0, Math.min(plain.length(), LONGEST)) + "-" + hash;
    }
}
