package org.blazefl4j.binding;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.blazefl4j.util.Bytes;
import org.blazefl4j.util.Causes;

/** Explains why native libraries do not load, and the remedy. */
final class LoadFailure {

    static final String NOEXEC = "a file system mounted noexec";

    private static final String ELSEWHERE = "-D" + CacheRoot.PROPERTY + "=<folder>";

    /** Matches the dynamic linker's messages if memory for a library is refused for any reason. */
    private static final Pattern NOT_MAPPED =
            Pattern.compile("failed to map segment|[Cc]annot allocate memory|cannot map zero-fill pages");

    private LoadFailure() {}

    static UnsatisfiedLinkError unusable(Path folder, String problem) {
        return new UnsatisfiedLinkError(unusableText(folder, problem));
    }

    private static String unusableText(Path folder, String problem) {
        return "native libraries cannot be unpacked: folder=" + folder + ", found=" + problem
                + ", expected=one that allows writing and execution; name another by " + ELSEWHERE;
    }

    static UnsatisfiedLinkError noSpace(Path folder, long needed, long free, IOException cause) {
        return with(
                "native libraries do not fit: folder=" + folder + ", needed=" + Bytes.text(needed) + ", limit="
                        + Bytes.text(free) + " free; free some space, or name a folder elsewhere by " + ELSEWHERE,
                cause);
    }

    static UnsatisfiedLinkError of(IOException cause) {
        return with(
                "native libraries cannot be unpacked: found=" + Causes.describe(cause)
                        + "; fix that, or name another folder by " + ELSEWHERE,
                cause);
    }

    /** Reports a library that the dynamic linker refused. */
    static UnsatisfiedLinkError of(UnsatisfiedLinkError cause, Path folder) {
        return with(text(refusal(cause), folder, Mounts.isNoexec(folder), Conditions.read()), cause);
    }

    static String text(String refusal, Path folder, boolean noexec, Conditions process) {
        if (process.isMusl()) {
            return "native libraries need another C library: found=musl, expected=glibc; use an image with glibc, such as"
                    + " Debian's or Ubuntu's (another folder, " + ELSEWHERE + ", does not help)";
        }
        boolean notMapped = NOT_MAPPED.matcher(refusal).find();
        if (notMapped && noexec) {
            return unusableText(folder, NOEXEC);
        }
        if (notMapped && process.isLimited()) {
            return "native libraries do not fit into the address space: limit=" + process.addressSpace()
                    + " bytes (ulimit -v), found=" + refusal + "; raise it, preferably to unlimited (another folder, "
                    + ELSEWHERE + ", does not help)";
        }
        return "native libraries do not load: folder=" + folder + ", found=" + refusal
                + "; delete the folder, so that they are unpacked again, or name another by " + ELSEWHERE;
    }

    /** Returns the linker's message, which begins with the file, or else the innermost cause's. */
    private static String refusal(Throwable error) {
        String last = "";
        for (Throwable each = error; each != null; each = each.getCause()) {
            last = String.valueOf(each.getMessage());
            if (last.startsWith("/")) {
                return last;
            }
        }
        return last;
    }

    private static UnsatisfiedLinkError with(String message, Throwable cause) {
        UnsatisfiedLinkError error = new UnsatisfiedLinkError(message);
        error.initCause(cause);
        return error;
    }

    /**
     * The conditions of this process.
     *
     * @param addressSpace the kernel's limit: {@code unlimited} or a number of bytes
     * @param isMusl whether the C library is musl
     */
    record Conditions(String addressSpace, boolean isMusl) {

        private static final String NO_LIMIT = "unlimited";

        private static final Pattern LIMIT = Pattern.compile("Max address space +(\\S+).*");

        static Conditions read() {
            try (Stream<String> limits = Files.lines(Path.of("/proc/self/limits"));
                    Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
                String space = limits.map(LIMIT::matcher)
                        .filter(Matcher::matches)
                        .map(limit -> limit.group(1))
                        .findAny()
                        .orElse(NO_LIMIT);
                return new Conditions(space, maps.anyMatch(line -> line.contains("/ld-musl-")));
            } catch (IOException e) {
                return new Conditions(NO_LIMIT, false);
            }
        }

        boolean isLimited() {
            return !addressSpace.equals(NO_LIMIT);
        }
    }
}
