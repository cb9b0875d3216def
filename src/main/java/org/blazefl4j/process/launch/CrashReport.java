package org.blazefl4j.process.launch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.blazefl4j.util.Causes;

/**
 * The report that a worker's JVM writes when it crashes. It stays where it is, because the JVM's output names the
 * place.
 */
final class CrashReport {

    /** More than the lines before the details. */
    private static final int HEAD_LINES = 40;

    /** The lines that say what happened; the others are advice. */
    private static final int MESSAGE_LINES = 2;

    private static final String PREFIX = "blazefl4j-crash-";

    private CrashReport() {}

    /** Returns the JVM argument that sets the file. The JVM replaces {@code %p} by its process id. */
    static String argument(Path folder, int worker) {
        return "-XX:ErrorFile=" + folder.toString().replace("%", "%%") + "/" + name(worker, "%p");
    }

    /** Returns the file of the report of a worker's process. */
    static Path file(Path folder, int worker, long pid) {
        return folder.resolve(name(worker, Long.toString(pid)));
    }

    /** Returns whether a report was written since an instant; an earlier process may have had the same id. */
    static boolean isSince(Instant start, Path file) {
        try {
            return !Files.getLastModifiedTime(file).toInstant().isBefore(start.truncatedTo(ChronoUnit.SECONDS));
        } catch (IOException none) {
            return false;
        }
    }

    private static String name(int worker, String pid) {
        return PREFIX + worker + "-" + pid + ".log";
    }

    /** Returns what happened and where in the code, in one line. */
    static String describe(Path file) {
        try (Stream<String> lines = Files.lines(file, StandardCharsets.ISO_8859_1)) {
            return describe(lines.limit(HEAD_LINES)
                    .map(line -> line.replaceFirst("^#", "").strip())
                    .collect(Collectors.toList()));
        } catch (IOException | UncheckedIOException e) {
            return "cannot be read: " + Causes.describe(e);
        }
    }

    private static String describe(List<String> lines) {
        List<String> message = new ArrayList<>();
        for (String line : lines) {
            if (line.startsWith("JRE version:")) {
                break;
            }
            if (!line.isEmpty() && !line.startsWith("A fatal error") && message.size() < MESSAGE_LINES) {
                message.add(line);
            }
        }
        int frame = lines.indexOf("Problematic frame:") + 1;
        if (frame > 0 && frame < lines.size()) {
            message.add("in " + lines.get(frame));
        }
        return String.join(", ", message);
    }
}
