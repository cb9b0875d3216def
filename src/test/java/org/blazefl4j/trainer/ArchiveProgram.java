package org.blazefl4j.trainer;

import static org.blazefl4j.trainer.PoolClients.cids;
import static org.blazefl4j.trainer.PoolClients.down;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.blazefl4j.trainer.PoolClients.Algorithm;
import org.blazefl4j.trainer.PoolClients.Down;
import org.blazefl4j.trainer.PoolClients.Order;
import org.blazefl4j.trainer.PoolClients.Up;

/** An application with only jars on its class path. */
final class ArchiveProgram {

    /** Starts the line with a worker's process id. */
    static final String WORKER = "worker ";

    private static final int FLOATS = 100;

    private final Path cache;
    private final Path logs;

    private ArchiveProgram(Path cache, Path logs) {
        this.cache = cache;
        this.logs = logs;
    }

    /**
     * Runs pools.
     *
     * @param args the cache folder, a folder for lists of the classes that JVMs load, and what to do: {@code run} two
     *     pools at once, {@code make} the same and wait for an archive, {@code close} or {@code stay} while one is made
     */
    public static void main(String[] args) {
        new ArchiveProgram(Path.of(args[0]), Path.of(args[1])).run(args[2]);
        System.out.println("done");
    }

    private void run(String what) {
        if (what.equals("close") || what.equals("stay")) {
            runPool(what);
            return;
        }
        CompletableFuture<?> beside = CompletableFuture.runAsync(() -> runPool(what));
        runPool(what);
        beside.join();
    }

    private void runPool(String what) {
        try (var trainer = open()) {
            List<Integer> seen = new ArrayList<>();
            trainer.localProcess(down(FLOATS, 0), cids(3), up -> {
                seen.add(up.cid());
                up.close();
            });
            if (!seen.equals(cids(3))) {
                throw new AssertionError(seen);
            }
            System.out.println(WORKER + trainer.workerPids().get(0));
            switch (what) {
                case "make" ->
                    Conditions.await(
                            "an archive is there", () -> !archives(cache).isEmpty());
                case "close" -> awaitMaker();
                case "stay" -> {
                    awaitMaker();
                    System.out.println("making");
                    LockSupport.park();
                }
                default -> {}
            }
        }
        if (what.equals("close")) {
            Conditions.await("no process is left", () -> makers().isEmpty());
        }
    }

    private ProcessPoolClientTrainer<Order, Down, Up> open() {
        ProcessOptions process = ProcessOptions.builder()
                .cacheFolder(cache)
                .jvmArguments(List.of(
                        "-Djava.library.path=" + System.getProperty("java.library.path"),
                        "-Xlog:class+load=info:file=" + logs.resolve("%p.log")))
                .build();
        return new ProcessPoolClientTrainer<>(
                new Algorithm(FLOATS), TrainerOptions.builder().numParallels(1).build(), process);
    }

    private static void awaitMaker() {
        Conditions.await("an archive is being made", () -> !makers().isEmpty());
    }

    private static List<Long> makers() {
        return ProcessHandle.current()
                .children()
                .filter(child -> child.info().commandLine().orElse("").contains("WorkerMain archive"))
                .map(ProcessHandle::pid)
                .toList();
    }

    /** The finished archives in a cache folder. */
    static List<Path> archives(Path cache) {
        try (Stream<Path> files = Files.list(cache.resolve("archives"))) {
            return files.filter(file -> file.getFileName().toString().matches("[0-9a-f]+-[0-9a-f]{8}"))
                    .toList();
        } catch (IOException none) {
            return List.of();
        }
    }
}
