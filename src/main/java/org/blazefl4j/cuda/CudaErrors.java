package org.blazefl4j.cuda;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.blazefl4j.util.Throwables;
import org.jspecify.annotations.Nullable;

/**
 * The errors after which CUDA refuses all further work in a process. LibTorch throws CUDA's words, without the number.
 */
public final class CudaErrors {

    /** The exit value of a worker process that ends for such an error. */
    public static final int EXIT_VALUE = 78;

    /** By the words of {@code cudaGetErrorString}. */
    private static final Map<String, Integer> STICKY = Map.ofEntries(
            Map.entry("uncorrectable ECC error encountered", 214),
            Map.entry("uncorrectable NVLink error detected during the execution", 220),
            Map.entry("Invalid access of peer GPU memory over nvlink or a hardware error", 226),
            Map.entry("an illegal memory access was encountered", 700),
            Map.entry("the launch timed out and was terminated", 702),
            Map.entry("context is destroyed", 709),
            Map.entry("device-side assert triggered", 710),
            Map.entry("hardware stack error", 714),
            Map.entry("an illegal instruction was encountered", 715),
            Map.entry("misaligned address", 716),
            Map.entry("operation not supported on global/shared address space", 717),
            Map.entry("invalid program counter", 718),
            Map.entry("unspecified launch failure", 719),
            Map.entry("tensor memory not completely freed", 721),
            Map.entry("unknown error", 999));

    private static final Pattern TEXT = Pattern.compile("CUDA (?:driver )?error: ("
            + STICKY.keySet().stream().map(Pattern::quote).collect(Collectors.joining("|")) + ")");

    /** The most causes to look at: chains may be endless. */
    private static final int MOST_CAUSES = 8;

    private static volatile @Nullable String lost;

    private CudaErrors() {}

    /** Returns the error that made CUDA unusable in this process, as {@code error=700 (...)}; null while it works. */
    public static @Nullable String lost() {
        return lost;
    }

    /** Records that CUDA is unusable if an exception of code that computes on a device, or a cause, says so. */
    public static void note(Throwable thrown) {
        if (lost == null) {
            lost = sticky(thrown);
        }
    }

    static @Nullable String sticky(Throwable thrown) {
        Throwable each = thrown;
        for (int i = 0; each != null && i < MOST_CAUSES; i++) {
            Matcher matcher = TEXT.matcher(String.valueOf(Throwables.message(each)));
            if (matcher.find()) {
                return "error=" + STICKY.get(matcher.group(1)) + " (" + matcher.group(1) + ")";
            }
            each = Throwables.cause(each);
        }
        return null;
    }

    /** Makes CUDA usable again, for tests, whose errors are not CUDA's. */
    static void forget() {
        lost = null;
    }
}
