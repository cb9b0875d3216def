package org.blazefl4j.torch;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.bytedeco.javacpp.LongPointer;

/** Runs in a separate process, because settings are process-wide. Prints what is untuned. */
final class TuningProgram {

    private TuningProgram() {}

    public static void main(String[] args) throws Exception {
        for (String arg : args) {
            switch (arg) {
                case "use-javacpp" -> new LongPointer(1L).close();
                case "tune" -> LibTorch.tune();
                case "tune-from-many-threads" -> fromManyThreads(LibTorch::tune);
                case "load-from-many-threads" -> fromManyThreads(LibTorch::load);
                default -> throw new IllegalArgumentException(arg);
            }
        }
        for (LibTorch.Untuned each : LibTorch.untuned()) {
            System.out.println(each.remedy());
        }
        System.out.println("property " + System.getProperty("org.bytedeco.javacpp.maxPhysicalBytes"));
    }

    private static void fromManyThreads(Runnable body) throws Exception {
        int threads = 8;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        Callable<Object> call = Executors.callable(body);
        try {
            for (var done :
                    pool.invokeAll(Stream.generate(() -> call).limit(threads).toList())) {
                done.get();
            }
        } finally {
            pool.shutdown();
        }
    }

    /** Runs the program. Options that start with {@code -} are for the JVM, others set the environment. */
    static List<String> run(List<String> options, String... args) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        options.stream().filter(option -> option.startsWith("-")).forEach(command::add);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), TuningProgram.class.getName()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().keySet().removeIf(name -> name.startsWith("MALLOC_") || name.startsWith("JAVA_"));
        options.stream()
                .filter(option -> !option.startsWith("-"))
                .map(option -> option.split("="))
                .forEach(pair -> builder.environment().put(pair[0], pair[1]));
        Process process = builder.start();
        List<String> lines = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
        if (process.waitFor() != 0) {
            throw new IllegalStateException("exit=" + process.exitValue() + ", output=" + lines);
        }
        return lines;
    }
}
