package org.blazefl4j.embedding;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.blazefl4j.binding.Native;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;

/**
 * Reads settings of the process and of the host's thread, which a library must not change. Does not use the library.
 */
final class HostState {

    private HostState() {}

    /** Returns each setting by name, as text. Call it in the host's thread. */
    static Map<String, String> take() throws Exception {
        Map<String, String> state = new TreeMap<>();
        addJvm(state);
        addThread(state);
        addProcess(state);
        addMalloc(state);
        try (PointerScope scope = new PointerScope()) {
            addLibTorch(state);
        }
        return state;
    }

    private static void addJvm(Map<String, String> state) throws ReflectiveOperationException {
        System.getProperties().forEach((name, value) -> state.put("property " + name, String.valueOf(value)));
        System.getenv().forEach((name, value) -> state.put("variable " + name, value));
        state.put("locale", Arrays.toString(Locale.Category.values()) + Locale.getDefault());
        state.put("time zone", TimeZone.getDefault().getID());
        state.put("uncaught exceptions", String.valueOf(Thread.getDefaultUncaughtExceptionHandler()));
        state.put("standard streams", System.in + ", " + System.out + ", " + System.err);
        Field hooks = Class.forName("java.lang.ApplicationShutdownHooks").getDeclaredField("hooks");
        hooks.setAccessible(true); // with --add-opens
        state.put("shutdown hooks", ((Map<?, ?>) hooks.get(null)).keySet().toString());
        state.put("JavaCPP limits", Pointer.maxBytes() + ", " + Pointer.maxPhysicalBytes());
    }

    private static void addThread(Map<String, String> state) {
        Thread thread = Thread.currentThread();
        state.put(
                "thread",
                thread + ", loader=" + thread.getContextClassLoader() + ", interrupted=" + thread.isInterrupted()
                        + ", handler=" + thread.getUncaughtExceptionHandler());
    }

    /** Adds signals, umask, limits, working directory and other state of the kernel. */
    private static void addProcess(Map<String, String> state) throws IOException {
        List<String> kept =
                List.of("Umask", "SigBlk", "SigIgn", "SigCgt", "NoNewPrivs", "Seccomp", "Cpus_allowed_list");
        for (String file : List.of("/proc/self/status", "/proc/thread-self/status")) {
            for (String line : Files.readAllLines(Path.of(file))) {
                String name = line.substring(0, line.indexOf(':'));
                if (kept.contains(name)) {
                    state.put(file + " " + name, line);
                }
            }
        }
        state.put("limits", Files.readString(Path.of("/proc/self/limits")));
        state.put(
                "working directory",
                Files.readSymbolicLink(Path.of("/proc/self/cwd")).toString());
        state.put("OOM score", Files.readString(Path.of("/proc/self/oom_score_adj")));
        String stat = Files.readString(Path.of("/proc/thread-self/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        state.put("priority and niceness", fields[15] + ", " + fields[16]);
    }

    private static void addMalloc(Map<String, String> state) {
        state.put("malloc heap limit", String.valueOf(Native.mallocHeapLimit()));
        state.put("malloc kept", String.valueOf(Native.mallocKept(16 << 20, 4)));
    }

    private static void addLibTorch(Map<String, String> state) throws InterruptedException {
        state.put("default dtype", torch.get_default_dtype().name().getString());
        state.put("intra-op threads", String.valueOf(torch.get_num_threads()));
        state.put("intra-op threads of new threads", String.valueOf(threadsOfANewThread()));
        state.put("inter-op threads", String.valueOf(torch.get_num_interop_threads()));
        state.put("gradients", String.valueOf(GradMode.is_enabled()));
        state.put("autocast", String.valueOf(torch.is_autocast_enabled(DeviceType.CPU)));
        state.put("denormals", String.valueOf(Native.flushesDenormals()));
        Context context = torch.globalContext();
        state.put(
                "deterministic",
                context.deterministicAlgorithms() + ", " + context.deterministicAlgorithmsWarnOnly() + ", "
                        + context.deterministicFillUninitializedMemory() + ", " + context.deterministicCuDNN() + ", "
                        + context.deterministicMkldnn());
        state.put("oneDNN", String.valueOf(context.userEnabledMkldnn()));
        state.put("matrix products", context.float32MatmulPrecision().toString());
        Tensor generator = torch.getDefaultCPUGenerator().get_state();
        byte[] bytes = new byte[(int) generator.nbytes()];
        generator.data_ptr_byte().get(bytes);
        state.put("default generator", Arrays.toString(bytes));
    }

    /** LibTorch's setter also changes the number for later threads. */
    private static int threadsOfANewThread() throws InterruptedException {
        int[] threads = new int[1];
        Thread fresh = new Thread(() -> threads[0] = torch.get_num_threads());
        fresh.start();
        fresh.join();
        return threads[0];
    }

    /** Returns the names of settings that differ, with both values. */
    static List<String> differences(Map<String, String> before, Map<String, String> after) {
        List<String> differences = new ArrayList<>();
        Stream.concat(before.keySet().stream(), after.keySet().stream())
                .distinct()
                .forEach(name -> {
                    String then = before.get(name);
                    String now = after.get(name);
                    if (then == null || !then.equals(now)) {
                        differences.add(name + ": " + then + " -> " + now);
                    }
                });
        return differences;
    }

    // ---- Resources

    /** Returns the number of native threads, including the JVM's. */
    static int nativeThreads() throws IOException {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            return (int) tasks.count();
        }
    }

    /** Returns the names of the native threads, to show which are too many. */
    static String nativeThreadNames() throws IOException {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            return tasks.map(HostState::threadName).sorted().collect(Collectors.joining(", "));
        }
    }

    private static String threadName(Path task) {
        try {
            return Files.readString(task.resolve("comm")).strip();
        } catch (IOException ended) {
            return "(ended)";
        }
    }

    /** Returns the number of open descriptors by target, with digits replaced. */
    static Map<String, Long> descriptors() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.map(HostState::target)
                    .map(target -> target.replaceAll("[0-9]+", "#"))
                    .filter(target -> !target.startsWith("/proc/")) // the descriptor that lists them
                    .collect(Collectors.groupingBy(target -> target, TreeMap::new, Collectors.counting()));
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException closed) {
            return "/proc/";
        }
    }

    /** Returns the mappings of the library's shared memory. */
    static List<String> segments() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains("memfd:blazefl4j") || line.contains("/dev/shm/"))
                    .toList();
        }
    }

    /** The live threads of the library. */
    static List<String> libraryThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("blazefl4j"))
                .toList();
    }

    /** The names in a folder. */
    static List<String> entries(String folder) throws IOException {
        try (Stream<Path> entries = Files.list(Path.of(folder))) {
            return entries.map(Path::toString).sorted().toList();
        }
    }
}
