package org.blazefl4j.process.launch;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.ObjIntConsumer;
import org.blazefl4j.worker.WorkerSettings;

/**
 * How a pool of worker processes is set up.
 *
 * @param workers the number of worker processes
 * @param worker what every worker is told once
 * @param slots the number of slots at the start; empty: as many as fit in a fixed amount of memory
 * @param maxSlots to how many slots the pool may grow
 * @param classPath class path entries before those that are found
 * @param jvmArguments further arguments of the workers' JVMs
 * @param environment further environment variables of the workers
 * @param inheritJavaOptions whether {@code JAVA_TOOL_OPTIONS} and its kin reach the workers
 * @param heartbeat after how long without a beat a worker counts as frozen
 * @param grace how long workers may take to end when told
 * @param cacheFolder where archives of the workers' classes are kept; empty: there are none
 * @param crashFolder where the workers' JVMs write a report if they crash
 * @param output takes each line that a worker writes, with the worker's index; called from several threads
 */
public record PoolSettings(
        int workers,
        WorkerSettings worker,
        OptionalInt slots,
        int maxSlots,
        List<Path> classPath,
        List<String> jvmArguments,
        Map<String, String> environment,
        boolean inheritJavaOptions,
        Duration heartbeat,
        Duration grace,
        Optional<Path> cacheFolder,
        Path crashFolder,
        ObjIntConsumer<String> output) {}
