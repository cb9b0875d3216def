package org.blazefl4j.process.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.blazefl4j.cuda.GraphMode;
import org.blazefl4j.process.WorkerMain;
import org.blazefl4j.reproducibility.RngCheck;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.worker.WorkerSettings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class WorkerCommandTest {

    private final List<WorkerCommand> commands = new ArrayList<>();

    @AfterEach
    void close() {
        commands.forEach(WorkerCommand::close);
    }

    private WorkerCommand command(List<String> jvmArguments, Map<String, String> environment, boolean inherit) {
        PoolSettings settings = new PoolSettings(
                1,
                new WorkerSettings(42, 3, RngCheck.FAIL, false, WorkerSettings.NO_LIMIT, List.of(), 0, GraphMode.OFF),
                OptionalInt.empty(),
                8,
                OptionalDouble.empty(),
                List.of(),
                jvmArguments,
                environment,
                inherit,
                Duration.ofSeconds(5),
                Duration.ofSeconds(2),
                Optional.empty(),
                Path.of("/results/100% sure"),
                (line, worker) -> {});
        WorkerClassPath classPath = new WorkerClassPath(List.of(), List.of());
        commands.add(new WorkerCommand(WorkerMain.class, settings, classPath));
        return commands.get(commands.size() - 1);
    }

    private static Path argumentFile(List<String> line) {
        return Path.of(line.stream()
                .filter(word -> word.startsWith("@"))
                .findFirst()
                .orElseThrow()
                .substring(1));
    }

    private static Map<String, String> parents() {
        return new HashMap<>(Map.of("JAVA_TOOL_OPTIONS", "-Dx=1", "JDK_JAVA_OPTIONS", "-Dy=1", "HOME", "/here"));
    }

    @Test
    void shouldNotPassTheParentsJavaOptionsToWorkersUnlessAsked() {
        Map<String, String> without = parents();
        command(List.of(), Map.of(), false).setEnvironment(without);
        assertThat(without)
                .doesNotContainKeys("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS")
                .containsEntry("HOME", "/here");
        Map<String, String> with = parents();
        command(List.of(), Map.of(), true).setEnvironment(with);
        assertThat(with).containsEntry("JAVA_TOOL_OPTIONS", "-Dx=1").containsEntry("JDK_JAVA_OPTIONS", "-Dy=1");
    }

    @Test
    void shouldSetThreadsAndMallocUnlessTheCallerDoes() {
        Map<String, String> environment = parents();
        command(List.of(), Map.of("OPENBLAS_NUM_THREADS", "2", "JAVA_TOOL_OPTIONS", "-Dz=1"), false)
                .setEnvironment(environment);
        assertThat(environment)
                .containsEntry("OMP_NUM_THREADS", "3")
                .containsEntry("MALLOC_MMAP_THRESHOLD_", Integer.toString(32 << 20))
                .containsEntry("OPENBLAS_NUM_THREADS", "2")
                .containsEntry("JAVA_TOOL_OPTIONS", "-Dz=1");
    }

    @Test
    void shouldNotAskForALargerHeapThanTheCallerAllows() {
        List<String> own =
                command(List.of(), Map.of(), false).builder(0, List.of()).command();
        List<String> limited = command(List.of("-Xmx16m"), Map.of(), false)
                .builder(0, List.of())
                .command();
        assertThat(own).contains("-Xms32m");
        assertThat(limited).contains("-Xmx16m").doesNotContain("-Xms32m");
    }

    @Test
    void shouldPutTheCallersArgumentsAfterItsOwnAndTheClassPathIntoAFile() throws Exception {
        List<String> line = command(List.of("-XX:TieredStopAtLevel=4", "-XX:+UseParallelGC"), Map.of(), false)
                .builder(0, List.of("argument"))
                .command();
        assertThat(line)
                .containsSubsequence("-XX:TieredStopAtLevel=1", "-XX:TieredStopAtLevel=4")
                .endsWith("-XX:+UseParallelGC", WorkerMain.class.getName(), "argument")
                .doesNotContain("-XX:+UseSerialGC");
        assertThat(Files.readString(argumentFile(line)))
                .startsWith("-classpath\n\"")
                .contains("pytorch")
                .endsWith("\n");
    }

    @Test
    void shouldDeleteItsFileWhenClosed() throws Exception {
        WorkerCommand command = command(List.of(), Map.of(), false);
        Path file = argumentFile(command.builder(0, List.of()).command());
        Object inode = Files.getAttribute(file, "unix:ino");
        command.close();
        boolean open =
                Files.exists(file) && Files.getAttribute(file, "unix:ino").equals(inode);
        assertThat(open).isFalse(); // another thread may have opened the same number
    }

    /** Workers that find libraries themselves may have another LibTorch than this process. */
    @Test
    void shouldNotPassLibraryPathsIfWorkersFindThemThemselves() throws Exception {
        LibTorch.load();
        String told = "\"-D" + NativeLibraries.PROPERTY + "=c10\t/";
        List<String> line =
                command(List.of(), Map.of(), false).builder(0, List.of()).command();
        assertThat(Files.readString(argumentFile(line))).contains(told);
        List<String> own = command(List.of("-Dorg.bytedeco.javacpp.cachedir=/elsewhere"), Map.of(), false)
                .builder(0, List.of())
                .command();
        assertThat(Files.readString(argumentFile(own))).doesNotContain(NativeLibraries.PROPERTY);
    }
}
