package org.blazefl4j.soak;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A test program in a new process, on this JVM's class path. Files take its output and that of its children. All of
 * them have the same temporary folder, by which they are found even after the program was killed.
 */
final class Child implements AutoCloseable {

    private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(2);

    private final Process process;
    private final Path folder;

    private Child(Process process, Path folder) {
        this.process = process;
        this.folder = folder;
    }

    /**
     * Starts a program.
     *
     * @param folder of the child alone, empty or left by an earlier child
     * @param jvmArguments further ones
     */
    static Child start(Path folder, List<String> jvmArguments, Class<?> program, String... args) throws IOException {
        Path temporary = Files.createDirectories(folder.resolve("tmp"));
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-Djava.io.tmpdir=" + temporary,
                "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                "-Dblazefl4j.checkPayload=true"));
        command.addAll(jvmArguments);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
        command.addAll(List.of(args));
        Process process = new ProcessBuilder(command)
                .redirectOutput(folder.resolve("out.txt").toFile())
                .redirectError(folder.resolve("err.txt").toFile())
                .start();
        return new Child(process, folder);
    }

    /** The lines of its standard output so far. */
    List<String> out() throws IOException {
        return Files.readAllLines(folder.resolve("out.txt"));
    }

    /** Its standard error so far. */
    String err() throws IOException {
        return Files.readString(folder.resolve("err.txt"));
    }

    /** Waits for its end up to the time; returns whether it has ended. */
    boolean endsWithin(long millis) throws InterruptedException {
        return process.waitFor(millis, TimeUnit.MILLISECONDS);
    }

    /** Sends SIGKILL and waits for its end. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    /** Waits for its end and returns the exit value, 137 after a SIGKILL. */
    int exitValue() throws InterruptedException {
        return process.waitFor();
    }

    /** Waits until all processes that it has started have ended, and returns those that do not end in time. */
    List<Long> orphans() {
        long end = System.nanoTime() + PATIENCE_NANOS;
        List<Long> left = inFolder();
        while (!left.isEmpty() && System.nanoTime() < end) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            left = inFolder();
        }
        return left;
    }

    /** Returns processes whose command line names the temporary folder. The command line of an ended one is empty. */
    private List<Long> inFolder() {
        return ProcessHandle.allProcesses()
                .map(ProcessHandle::pid)
                .filter(this::isInFolder)
                .toList();
    }

    private boolean isInFolder(long pid) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"), StandardCharsets.ISO_8859_1)
                    .contains(folder.resolve("tmp").toString());
        } catch (IOException gone) {
            return false;
        }
    }

    /**
     * Returns the files in its temporary folder and below. Leaves out empty folders: a process that is killed between
     * making a folder and locking it leaves the folder behind.
     */
    List<Path> temporaryFiles() throws IOException {
        try (Stream<Path> tree = Files.walk(folder.resolve("tmp"))) {
            return tree.filter(file -> !Files.isDirectory(file)).toList();
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
