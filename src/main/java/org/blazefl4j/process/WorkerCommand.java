package org.blazefl4j.process;

import java.io.File;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The command line and the environment of worker processes. */
final class WorkerCommand {

    private static final List<String> JAVA_OPTION_VARIABLES =
            List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");

    /** What {@code LibTorch.tune()} sets in the host process. */
    private static final Map<String, String> MALLOC = Map.of(
            "MALLOC_MMAP_THRESHOLD_", Integer.toString(32 << 20),
            "MALLOC_TRIM_THRESHOLD_", Integer.toString(512 << 20),
            "MALLOC_TOP_PAD_", Integer.toString(64 << 20));

    /** A heap that, when it was collected, is no larger than what is in it asks for. */
    private static final List<String> SHRINKING_HEAP =
            List.of("-XX:MinHeapFreeRatio=10", "-XX:MaxHeapFreeRatio=30", "-XX:-ShrinkHeapInSteps");

    /** It begins with this, and is never smaller; where the caller allows less, the JVM would not start. */
    private static final String LEAST_HEAP = "-Xms32m";

    /** From this version on the JDK warns of native access that was not enabled. */
    private static final int WARNS_OF_NATIVE_ACCESS = 24;

    private final PoolSettings settings;
    private final PoolFolder folder;
    private final List<String> jvm;

    /**
     * Prepares the command.
     *
     * @param folder gets the file with the class path, which may be longer than a command line
     */
    WorkerCommand(PoolSettings settings, WorkerClassPath classPath, PoolFolder folder) {
        this.settings = settings;
        this.folder = folder;
        Path arguments = folder.write("classpath", "-classpath\n" + quoted(classPath.joined()) + "\n");
        this.jvm = jvm(arguments);
    }

    /** A builder for one worker; its main class gets the given arguments. */
    ProcessBuilder builder(int worker, List<String> arguments) {
        List<String> command = new ArrayList<>(jvm);
        command.add("-XX:ErrorFile=" + folder.resolve("crash-" + worker + "-%p.log"));
        command.addAll(settings.jvmArguments());
        command.add(WorkerMain.class.getName());
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.redirectInput(Redirect.from(new File("/dev/null")));
        setEnvironment(builder.environment());
        return builder;
    }

    /** Where the JVM of this worker and process writes its report if it crashes. */
    Path crashReport(int worker, long pid) {
        return folder.resolve("crash-" + worker + "-" + pid + ".log");
    }

    private List<String> jvm(Path arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("@" + arguments);
        if (settings.jvmArguments().stream().noneMatch(argument -> argument.matches("-XX:\\+Use\\w+GC"))) {
            command.add("-XX:+UseSerialGC");
        }
        command.addAll(SHRINKING_HEAP);
        if (settings.jvmArguments().stream().noneMatch(argument -> argument.matches("-Xmx.*|-XX:MaxHeapSize=.*"))) {
            command.add(LEAST_HEAP);
        }
        command.add("-XX:TieredStopAtLevel=1");
        command.add("-XX:-UsePerfData");
        command.add("-XX:-CreateCoredumpOnCrash");
        for (String name : new TreeSet<>(System.getProperties().stringPropertyNames())) {
            if (name.startsWith("org.bytedeco.")) {
                command.add("-D" + name + "=" + System.getProperty(name));
            }
        }
        if (PayloadCheck.ON) {
            command.add("-D" + PayloadCheck.PROPERTY + "=true");
        }
        command.add("-Dorg.bytedeco.javacpp.maxPhysicalBytes=0");
        command.add("-Dorg.bytedeco.javacpp.maxBytes=0");
        if (findsWhatTheParentFound()) {
            command.add("-D" + NativeLibraries.PROPERTY + "=" + folder.write("libraries", NativeLibraries.found()));
        }
        if (Runtime.version().feature() >= WARNS_OF_NATIVE_ACCESS) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        return command;
    }

    /**
     * Whether workers have the parent's LibTorch: nobody named jars that may hold another, or told JavaCPP otherwise.
     */
    private boolean findsWhatTheParentFound() {
        return settings.classPath().isEmpty()
                && settings.jvmArguments().stream().noneMatch(argument -> argument.startsWith("-Dorg.bytedeco."));
    }

    /** Changes the parent's environment to the workers'. */
    void setEnvironment(Map<String, String> environment) {
        if (!settings.inheritJavaOptions()) {
            environment.keySet().removeAll(JAVA_OPTION_VARIABLES);
        }
        environment.put("OPENBLAS_NUM_THREADS", "1");
        environment.put("OMP_NUM_THREADS", Integer.toString(settings.worker().intraOpThreads()));
        environment.putAll(MALLOC);
        environment.putAll(settings.environment());
    }

    /** As the java launcher reads a quoted word in an argument file. */
    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
