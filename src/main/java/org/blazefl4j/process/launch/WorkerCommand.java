package org.blazefl4j.process.launch;

import java.io.File;
import java.lang.ProcessBuilder.Redirect;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.blazefl4j.binding.NativeLoader;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SegmentHandle;
import org.blazefl4j.shm.SegmentMemory;
import org.blazefl4j.shm.SegmentSpace;

/**
 * Builds the command lines and environments of worker processes. The class path may be too long for a command line, so
 * it is in an argument file. That file is a segment, which has no name: no cleaner deletes it while the pool is open,
 * and nothing is left of it however this process ends.
 */
public final class WorkerCommand implements AutoCloseable {

    private static final List<String> JAVA_OPTION_VARIABLES =
            List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");

    /** The settings that {@code LibTorch.tune()} makes in the parent. */
    private static final Map<String, String> MALLOC = Map.of(
            "MALLOC_MMAP_THRESHOLD_", Integer.toString(32 << 20),
            "MALLOC_TRIM_THRESHOLD_", Integer.toString(512 << 20),
            "MALLOC_TOP_PAD_", Integer.toString(64 << 20));

    /** Shrinks the heap to fit its content after a collection. */
    private static final List<String> SHRINKING_HEAP =
            List.of("-XX:MinHeapFreeRatio=10", "-XX:MaxHeapFreeRatio=30", "-XX:-ShrinkHeapInSteps");

    /** The initial and least heap. Omitted if the user sets a maximum, which may be lower. */
    private static final String LEAST_HEAP = "-Xms32m";

    /** The first JDK that warns about native access that was not enabled. */
    private static final int WARNS_OF_NATIVE_ACCESS = 24;

    private static final Path NICE = Path.of("/usr/bin/nice");
    private static final Path SETPRIV = Path.of("/usr/bin/setpriv");

    private final Class<?> main;
    private final PoolSettings settings;
    private final Segment argumentFile;
    private final List<String> options;
    private final ClassArchive archive;

    /**
     * Prepares the command.
     *
     * @param main the main class of workers
     * @throws IllegalStateException if there is too little shared memory
     */
    public WorkerCommand(Class<?> main, PoolSettings settings, WorkerClassPath classPath) {
        this.main = main;
        this.settings = settings;
        this.options = options();
        this.archive = archive(settings.cacheFolder(), classPath, settings.jvmArguments());
        String text = "-classpath\n" + quoted(classPath.joined()) + "\n";
        if (sharesParentLibraries()) {
            text += quoted("-D" + NativeLibraries.PROPERTY + "=" + NativeLibraries.found()) + "\n";
        }
        this.argumentFile = file(text);
    }

    /** Returns a segment with a text, and empty lines up to its end. */
    private static Segment file(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        Segment file = Segment.create(bytes.length);
        ByteBuffer content =
                SegmentMemory.view(file, 0, Math.toIntExact(file.bytes())).put(bytes);
        while (content.hasRemaining()) {
            content.put((byte) '\n');
        }
        return file;
    }

    /** Returns a builder for one worker, whose main class gets the arguments. */
    ProcessBuilder builder(int worker, List<String> arguments) {
        List<String> command = jvm();
        command.addAll(archive.use());
        command.add(CrashReport.argument(settings.crashFolder(), worker));
        return builder(command, arguments);
    }

    private ProcessBuilder builder(List<String> command, List<String> arguments) {
        command.addAll(settings.jvmArguments());
        command.add(main.getName());
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.redirectInput(Redirect.from(new File("/dev/null")));
        setEnvironment(builder.environment());
        return builder;
    }

    /** Returns whether workers start from a class archive, once it exists. */
    public boolean usesArchive() {
        return archive.disabledReason() == null;
    }

    /** Returns the class archive that workers start from. */
    ClassArchive archive() {
        return archive;
    }

    /**
     * Returns builders for the processes that create the archive, to be run in order.
     *
     * @param part the file to write
     * @param arguments the arguments of their main class
     */
    List<ProcessBuilder> archiveBuilders(Path part, List<String> arguments) {
        return archive.dumpCommands(part).stream()
                .map(step -> archiveBuilder(part, step, arguments))
                .collect(Collectors.toList());
    }

    /** Lowers the priority, and ends the process with this one even if it runs none of our code. */
    private ProcessBuilder archiveBuilder(Path part, List<String> step, List<String> arguments) {
        List<String> command = new ArrayList<>();
        if (Files.isExecutable(NICE)) {
            command.addAll(List.of(NICE.toString(), "-n", "5"));
        }
        if (Files.isExecutable(SETPRIV)) {
            command.addAll(List.of(SETPRIV.toString(), "--pdeathsig", "KILL"));
        }
        command.addAll(jvm());
        command.addAll(step);
        command.add("-XX:ErrorFile=" + part.toString().replace("%", "%%") + ".crash");
        return builder(command, arguments);
    }

    /** Returns the file for the crash report of a worker's process. */
    Path crashReport(int worker, long pid) {
        return CrashReport.file(settings.crashFolder(), worker, pid);
    }

    /** Returns the class archive for workers with these additional JVM arguments. */
    static ClassArchive archive(Optional<Path> cacheFolder, WorkerClassPath classPath, List<String> jvmArguments) {
        List<String> flags = flags(jvmArguments);
        flags.addAll(jvmArguments);
        return ClassArchive.of(cacheFolder, classPath.entries(), flags);
    }

    /** Returns the JVM flags that come before the user's. */
    private static List<String> flags(List<String> jvmArguments) {
        List<String> flags = new ArrayList<>();
        if (jvmArguments.stream().noneMatch(argument -> argument.matches("-XX:\\+Use\\w+GC"))) {
            flags.add("-XX:+UseSerialGC");
        }
        flags.addAll(SHRINKING_HEAP);
        if (jvmArguments.stream().noneMatch(argument -> argument.matches("-Xmx.*|-XX:MaxHeapSize=.*"))) {
            flags.add(LEAST_HEAP);
        }
        flags.add("-XX:TieredStopAtLevel=1");
        flags.add("-XX:-UsePerfData");
        flags.add("-XX:-CreateCoredumpOnCrash");
        return flags;
    }

    private List<String> jvm() {
        SegmentHandle file = argumentFile.handle();
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("@/proc/" + file.pid() + "/fd/" + file.fd());
        command.addAll(options);
        return command;
    }

    private List<String> options() {
        List<String> command = flags(settings.jvmArguments());
        for (String name : new TreeSet<>(System.getProperties().stringPropertyNames())) {
            if (name.startsWith("org.bytedeco.")) {
                command.add("-D" + name + "=" + System.getProperty(name));
            }
        }
        command.add("-Dorg.bytedeco.javacpp.cachedir=" + NativeLoader.cacheFolder());
        if (SegmentSpace.host().hasWarned()) {
            command.add("-D" + SegmentSpace.WARNED + "=true");
        }
        command.add("-Dorg.bytedeco.javacpp.maxPhysicalBytes=0");
        command.add("-Dorg.bytedeco.javacpp.maxBytes=0");
        if (Runtime.version().feature() >= WARNS_OF_NATIVE_ACCESS) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        return command;
    }

    /** Returns whether workers use the parent's LibTorch: no other jars or settings of JavaCPP were configured. */
    private boolean sharesParentLibraries() {
        return settings.classPath().isEmpty()
                && settings.jvmArguments().stream().noneMatch(argument -> argument.startsWith("-Dorg.bytedeco."));
    }

    /** Changes a copy of the parent's environment to that of workers. */
    void setEnvironment(Map<String, String> environment) {
        if (!settings.inheritJavaOptions()) {
            environment.keySet().removeAll(JAVA_OPTION_VARIABLES);
        }
        environment.put("OPENBLAS_NUM_THREADS", "1");
        environment.put("OMP_NUM_THREADS", Integer.toString(settings.worker().intraOpThreads()));
        environment.putAll(MALLOC);
        environment.putAll(settings.environment());
    }

    /** Quotes a word for an argument file of the java launcher. */
    private static String quoted(String text) {
        String escaped = text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
        return '"' + escaped + '"';
    }

    /** Deletes the argument file. Processes that were started have read it. */
    @Override
    public void close() {
        argumentFile.close();
    }
}
