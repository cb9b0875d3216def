package org.blazefl4j.process.launch;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.ObjIntConsumer;
import org.blazefl4j.worker.WorkerSettings;

/**
 * The settings of a pool of worker processes.
 *
 * @param workers the number of worker processes
 * @param worker the settings that every worker gets at its start
 * @param slots the initial number of slots, or empty for as many as fit in a fixed amount of memory
 * @param maxSlots the most slots that the pool may grow to
 * @param deviceResultShare the most of a device's free memory that results may take there, from 0 to 1; empty if
 *     results cannot have tensors on devices
 * @param classPath class path entries, placed before those found automatically
 * @param jvmArguments additional JVM arguments of workers
 * @param environment additional environment variables of workers
 * @param inheritJavaOptions whether workers get {@code JAVA_TOOL_OPTIONS} and similar variables
 * @param heartbeat the time without a heartbeat after which a worker counts as frozen
 * @param grace the time that workers have to end when told to
 * @param cacheFolder the folder with class archives, or empty to disable them
 * @param crashFolder the folder for crash reports of the workers' JVMs
 * @param output receives each line that a worker writes, with the worker's index; called from several threads
 */
public record PoolSettings(
        int workers,
        WorkerSettings worker,
        OptionalInt slots,
        int maxSlots,
        OptionalDouble deviceResultShare,
        List<Path> classPath,
        List<String> jvmArguments,
        Map<String, String> environment,
        boolean inheritJavaOptions,
        Duration heartbeat,
        Duration grace,
        Optional<Path> cacheFolder,
        Path crashFolder,
        ObjIntConsumer<String> output) {}
