package org.blazefl4j.spark;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;

/**
 * A standalone Spark cluster: a master and workers, each a JVM of its own, which start executors as further JVMs. Ends
 * them all when it is closed.
 */
final class Cluster implements AutoCloseable {

    /** Longer than any busy machine takes. */
    private static final Duration LONG = Duration.ofMinutes(2);

    private static final Path HOME = Path.of(System.getProperty("blazefl4j.spark.home"));

    /** Spark's class path. */
    static final String JARS = HOME.resolve("jars") + "/*";

    private static final String HOST = "127.0.0.1";

    private final Path folder;
    private final String host;
    private final int port = freePort();
    private final List<Process> processes = new ArrayList<>();
    private final int workers;
    private final int cores;

    /** Starts a cluster on the loopback interface, whose files are in a folder. */
    Cluster(Path folder, int workers, int cores) {
        this(folder, HOST, loopback(workers), cores);
    }

    /** Returns hosts of their own for workers, for speculation. */
    private static Map<String, List<String>> loopback(int workers) {
        return IntStream.range(0, workers).boxed().collect(Collectors.toMap(i -> "127.0.0." + (2 + i), i -> List.of()));
    }

    /**
     * Starts a cluster.
     *
     * @param host of master and driver
     * @param workers by their hosts, how command lines begin that start them
     */
    Cluster(Path folder, String host, Map<String, List<String>> workers, int cores) {
        this.folder = folder;
        this.host = host;
        this.workers = workers.size();
        this.cores = cores;
        try {
            Files.writeString(HOME.resolve("RELEASE"), "Spark\n");
            processes.add(
                    start(host, List.of(), "master", "org.apache.spark.deploy.master.Master", "--port", "" + port));
            await("master", this::accepts);
            for (Map.Entry<String, List<String>> worker : workers.entrySet()) {
                processes.add(start(
                        worker.getKey(),
                        worker.getValue(),
                        "worker-" + worker.getKey(),
                        "org.apache.spark.deploy.worker.Worker",
                        "--cores",
                        "" + cores,
                        "--memory",
                        "3g",
                        url()));
            }
        } catch (IOException e) {
            close();
            throw new UncheckedIOException(e);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** Returns whether the master takes connections. */
    private boolean accepts() {
        try (Socket socket = new Socket(host, port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Process start(String host, List<String> prefix, String name, String main, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(Arrays.asList(System.getProperty("blazefl4j.spark.jvm").split(" ")));
        command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-cp", JARS, main));
        command.addAll(List.of("--host", host, "--webui-port", "0"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(name + ".log").toFile());
        builder.environment().putAll(environment());
        builder.environment().put("SPARK_LOCAL_IP", host);
        return builder.start();
    }

    /** Returns the environment variables of Spark's programs. */
    Map<String, String> environment() {
        return Map.of(
                "SPARK_HOME", HOME.toString(),
                "SPARK_SCALA_VERSION", "2.13",
                "SPARK_LOCAL_IP", host,
                "SPARK_LOCAL_DIRS", folder.resolve("local").toString(),
                "SPARK_WORKER_DIR", folder.resolve("work").toString());
    }

    String url() {
        return "spark://" + host + ":" + port;
    }

    static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + LONG.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError(what + " did not happen within " + LONG);
            }
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** Returns the settings of an application whose executors have this JVM's class path and all cores of a worker. */
    SparkConf conf(String name) {
        return new SparkConf()
                .setMaster(url())
                .setAppName(name)
                .set("spark.driver.host", host)
                .set("spark.driver.bindAddress", host)
                .set("spark.ui.enabled", "false")
                .set("spark.local.dir", folder.resolve("local").toString())
                .set("spark.cores.max", "" + workers * cores)
                .set("spark.executor.cores", "" + cores)
                .set("spark.task.cpus", "" + cores)
                .set("spark.executor.memory", "512m")
                .set("spark.executor.extraClassPath", classPath())
                .set("spark.executor.extraJavaOptions", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1")
                .set("spark.broadcast.compress", "false")
                .set("spark.driver.maxResultSize", "0")
                .set("spark.task.maxDirectResultSize", "32m")
                .set("spark.network.timeout", "120s")
                .set("spark.scheduler.minRegisteredResourcesRatio", "1.0")
                .set("spark.scheduler.maxRegisteredResourcesWaitingTime", "120s");
    }

    /** Returns the class path without Spark, which executors have. */
    private static String classPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !Files.exists(
                        HOME.resolve("jars").resolve(Path.of(entry).getFileName())))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** Returns the executors that run now. */
    List<ProcessHandle> executors() {
        return processes.stream()
                .flatMap(process -> process.toHandle().children())
                .filter(child -> child.info()
                        .commandLine()
                        .map(line -> line.contains("ExecutorBackend"))
                        .orElse(false))
                .toList();
    }

    /** Returns what executors have written to their standard error. */
    String executorLogs() {
        try (Stream<Path> files = Files.walk(folder.resolve("work"))) {
            return files.filter(file -> file.endsWith("stderr"))
                    .map(file -> {
                        try {
                            return file + "\n" + Files.readString(file);
                        } catch (IOException e) {
                            return "";
                        }
                    })
                    .collect(Collectors.joining("\n"));
        } catch (IOException e) {
            return "";
        }
    }

    /** Deletes the files of a cluster. */
    static void delete(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
    }

    @Override
    public void close() {
        List<ProcessHandle> executors = executors();
        processes.forEach(Process::destroy);
        executors.forEach(ProcessHandle::destroy);
        processes.forEach(process -> await("end of " + process, () -> !process.isAlive()));
        executors.forEach(executor -> await("end of " + executor, () -> !executor.isAlive()));
    }
}
