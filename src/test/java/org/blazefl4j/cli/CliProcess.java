package org.blazefl4j.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Runs the command line in a separate process, on the class path of this JVM. */
final class CliProcess implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 300;

    /** Less than a round takes, more than an idle process uses. */
    private static final Duration WORK = Duration.ofMillis(50);

    private static final List<String> MODULES = List.of(
            "target/classes",
            "bytedeco",
            "jspecify",
            "picocli",
            "progressbar",
            "jline",
            "fastcsv",
            "HdrHistogram",
            "jackson",
            "mlflow-client",
            "slf4j",
            "tomlj");

    private final Process process;
    private final Path out;
    private final Path err;

    private CliProcess(Path folder, List<String> command) throws IOException {
        out = folder.resolve("out.txt");
        err = folder.resolve("err.txt");
        process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
    }

    /** Starts {@code blazefl4j args} in a folder, and writes its output there. */
    static CliProcess start(Path folder, String... args) throws IOException {
        return startBy(folder, List.of(), args);
    }

    /** Starts it by a command that starts another, such as {@code prlimit}. */
    static CliProcess startBy(Path folder, List<String> starter, String... args) throws IOException {
        List<String> command = new ArrayList<>(starter);
        // children would inherit the ignored signals of a shell that runs tests in the background
        // a separate process group, as from a shell on a terminal, lets a test signal the whole group
        command.addAll(List.of("setsid", "env", "--default-signal=HUP,INT,TERM"));
        command.addAll(java(args));
        return new CliProcess(folder, command);
    }

    /** Starts it on a terminal; standard output then has all that the terminal shows. */
    static CliProcess startOnTerminal(Path folder, String... args) throws IOException {
        return new CliProcess(
                folder,
                List.of(
                        "env",
                        "--unset=NO_COLOR",
                        "--default-signal=INT",
                        "script",
                        "--quiet",
                        "--return",
                        "--command",
                        String.join(" ", java(args)),
                        "/dev/null"));
    }

    /** Starts a test program in a JVM with these flags. */
    static CliProcess startProgram(Path folder, List<String> flags, Class<?> program, String... args)
            throws IOException {
        return new CliProcess(folder, java(flags, program, args));
    }

    /** Starts the command line on the module path, with the library's dependencies and no others. */
    static CliProcess startAsModule(Path folder, String... args) throws IOException {
        String modules = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> MODULES.stream().anyMatch(entry::contains))
                .collect(Collectors.joining(File.pathSeparator));
        List<String> command = new ArrayList<>(List.of("java", "--module-path", modules));
        command.addAll(List.of("--add-modules", "ALL-MODULE-PATH", "-m", "org.blazefl4j/" + Launcher.class.getName()));
        command.addAll(List.of(args));
        return new CliProcess(folder, command);
    }

    /** Runs a printed command in a shell, as if pasted. */
    static CliProcess startInShell(Path folder, String command) throws IOException {
        return new CliProcess(folder, List.of("sh", "-c", command));
    }

    private static List<String> java(String... args) {
        return java(List.of(), Launcher.class, args);
    }

    private static List<String> java(List<String> flags, Class<?> program, String... args) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")); // starts faster
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
        command.addAll(List.of(args));
        return command;
    }

    long pid() {
        return process.pid();
    }

    /** Returns its child processes. */
    List<ProcessHandle> children() {
        return process.descendants().toList();
    }

    String out() throws IOException {
        return Files.readString(out);
    }

    String err() throws IOException {
        return Files.readString(err);
    }

    /** Waits until standard output has the text. */
    void awaitOutput(String text) throws IOException, InterruptedException {
        await(text, () -> out().contains(text));
    }

    /** Waits until the child works: idle ones use no processor time. */
    void awaitWorkOf(ProcessHandle child) throws IOException, InterruptedException {
        Duration before = processorTime(child);
        await("work of " + child.pid(), () -> processorTime(child).minus(before).compareTo(WORK) > 0);
    }

    private static Duration processorTime(ProcessHandle process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** Waits until the condition holds or the process has ended. */
    void await(String what, Condition condition) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.holds()) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                throw new AssertionError("never came: " + what + "\n" + out() + err());
            }
            process.waitFor(20, TimeUnit.MILLISECONDS);
        }
    }

    /** A condition to wait for. */
    interface Condition {
        boolean holds() throws IOException;
    }

    /** Types a key on its terminal. */
    void type(char key) throws IOException {
        process.getOutputStream().write(key);
        process.getOutputStream().flush();
    }

    /** Sends a signal by name. */
    void signal(String name) throws IOException, InterruptedException {
        kill(name, Long.toString(pid()));
    }

    /** Signals the children, then the whole group, as batch systems and terminals do. */
    void signalAll(String name) throws IOException, InterruptedException {
        for (ProcessHandle child : children()) {
            kill(name, Long.toString(child.pid()));
        }
        kill(name, "-" + pid());
    }

    private static void kill(String signal, String target) throws IOException, InterruptedException {
        int result =
                new ProcessBuilder("kill", "-s", signal, "--", target).start().waitFor();
        if (result != 0) {
            throw new AssertionError("no such process: " + target);
        }
    }

    /** Crashes one of its children, again and again, until it gives up. */
    void crashChildrenUntilItEnds() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (process.isAlive() && System.nanoTime() < deadline) {
            for (ProcessHandle child : children().stream().limit(1).toList()) {
                new ProcessBuilder("kill", "-s", "SEGV", Long.toString(child.pid()))
                        .start()
                        .waitFor();
            }
            process.waitFor(300, TimeUnit.MILLISECONDS);
        }
    }

    /** Kills it after the delay, unless it has ended before, and waits for its end. */
    void killAfter(Duration delay) throws InterruptedException {
        if (!process.waitFor(delay.toNanos(), TimeUnit.NANOSECONDS)) {
            process.destroyForcibly();
        }
        exitCode();
    }

    /** Waits for its end and returns the exit code. */
    int exitCode() throws InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("still running after " + PATIENCE_SECONDS + " s");
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        children().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
