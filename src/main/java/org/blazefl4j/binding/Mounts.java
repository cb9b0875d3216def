package org.blazefl4j.binding;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The mounted file systems of this process. */
final class Mounts {

    private static final Path LIST = Path.of("/proc/self/mountinfo");

    private static final int MOUNT_POINT = 4;
    private static final int OPTIONS = 5;

    /** An escaped character; a space is {@code \040}. */
    private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

    private Mounts() {}

    /** Whether a folder is mounted noexec, so that libraries in it cannot be loaded. */
    static boolean isNoexec(Path folder) {
        try {
            return isNoexec(Files.readAllLines(LIST), folder.toRealPath());
        } catch (IOException | RuntimeException e) {
            return false; // loading will show
        }
    }

    /** Of several mounts at the same point, the last one is visible. */
    static boolean isNoexec(List<String> list, Path folder) {
        Path nearest = Path.of("/");
        boolean noexec = false;
        for (String line : list) {
            String[] fields = line.split(" ");
            Path point = Path.of(OCTAL.matcher(fields[MOUNT_POINT])
                    .replaceAll(code ->
                            Matcher.quoteReplacement(Character.toString((char) Integer.parseInt(code.group(1), 8)))));
            if (folder.startsWith(point) && point.getNameCount() >= nearest.getNameCount()) {
                nearest = point;
                noexec = Arrays.asList(fields[OPTIONS].split(",")).contains("noexec");
            }
        }
        return noexec;
    }
}
