package org.blazefl4j.cli.run;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.core.Device;
import org.blazefl4j.data.LastBatch;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.model.Numerics;
import org.blazefl4j.process.launch.CacheFolder;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.trainer.TrainerOptions;

/**
 * A checked run: what was asked for, with the defaults filled in.
 *
 * @param algorithm the algorithm with the settings that are its own
 * @param dataDir null for the embedded images
 * @param numShards used where the partition has shards
 * @param dirAlpha used where the partition is a Dirichlet one
 * @param cacheDir null for the standard one
 */
public record RunSettings(
        Algorithm algorithm,
        ModelName modelName,
        int numClients,
        int globalRound,
        double sampleRatio,
        Partitioning partition,
        int numShards,
        double dirAlpha,
        long seed,
        int epochs,
        double lr,
        int batchSize,
        LastBatch lastBatch,
        Numerics numerics,
        int numParallels,
        ExecutionMode executionMode,
        DatasetName dataset,
        Path dataDir,
        Device device,
        FailureSettings failures,
        Path cacheDir) {

    /** The number of clients that train in each round. */
    int clientsPerRound() {
        return server().clientsPerRound();
    }

    /** How many workers there are: no more than have clients to train. */
    int workers() {
        return Math.min(numParallels, clientsPerRound());
    }

    Partitioner partitioner() {
        return partition.partitioner(numShards, dirAlpha);
    }

    ServerOptions server() {
        return ServerOptions.of(globalRound, numClients)
                .withSampleRatio(sampleRatio)
                .withSeed(seed)
                .withDevice(device.forClient(0, 1))
                .withOnNonFinite(failures.nonFinite());
    }

    SgdOptions client() {
        return new SgdOptions(epochs, batchSize, lr, lastBatch);
    }

    TrainerOptions trainer() {
        return failures.in(TrainerOptions.builder()
                        .numParallels(workers())
                        .device(device)
                        .seed(seed))
                .build();
    }

    /**
     * Checks the folder that the user named for the archive of classes.
     *
     * @throws UsageException if it cannot be used
     */
    void requireCacheDir() {
        String problem = cacheDir == null ? null : CacheFolder.problem(cacheDir);
        if (problem != null) {
            throw new UsageException("cache folder cannot be used: --cache-dir=" + cacheDir + ", found=" + problem
                    + "; name another, or leave it out");
        }
    }

    ProcessOptions process(Path crashFolder) {
        ProcessOptions.Builder options = ProcessOptions.builder().crashFolder(crashFolder);
        return (cacheDir == null ? options : options.cacheFolder(cacheDir)).build();
    }

    /** What a client does in a round, and what the algorithm adds to it. */
    String describeTraining() {
        String common = epochs + (epochs == 1 ? " epoch" : " epochs") + ", batch " + batchSize + ", lr " + lr
                + ", seed " + seed;
        String batches = lastBatch == LastBatch.KEEP ? common : common + ", last batch " + lastBatch;
        String computed = numerics.equals(Numerics.DEFAULT)
                ? batches
                : batches + ", memory format " + numerics.layout() + ", autocast " + numerics.autocast();
        return algorithm.describe().isEmpty() ? computed : computed + ", " + algorithm.describe();
    }

    String describePartition() {
        if (partition.hasShards()) {
            return partition + ", " + numShards + " in all";
        }
        return partition.hasAlpha() ? partition + ", alpha " + dirAlpha : partition.toString();
    }

    String describeExecution() {
        return switch (executionMode) {
            case SINGLE_THREADED -> executionMode + " on " + device;
            case MULTI_THREADED -> executionMode + ", " + describeWorkers("threads") + ", on " + device;
            case MULTI_PROCESS -> executionMode + ", " + describeWorkers("worker processes") + ", on " + device;
        };
    }

    private String describeWorkers(String noun) {
        return workers() == numParallels
                ? workers() + " " + noun
                : workers() + " " + noun + " instead of " + numParallels + ", for no more clients train in a round";
    }

    /** By option name, for result files. */
    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("algorithm", algorithm.name().toString());
        map.put("model_name", modelName.toString());
        map.put("num_clients", numClients);
        map.put("global_round", globalRound);
        map.put("sample_ratio", sampleRatio);
        map.put("partition", partition.toString());
        map.put("num_shards", partition.hasShards() ? numShards : null);
        map.put("dir_alpha", partition.hasAlpha() ? dirAlpha : null);
        map.put("seed", seed);
        map.put("epochs", epochs);
        map.put("lr", lr);
        map.put("batch_size", batchSize);
        map.put("last_batch", lastBatch.toString());
        map.put("memory_format", numerics.layout().toString());
        map.put("autocast", numerics.autocast().toString());
        map.put("num_parallels", workers());
        map.put("execution_mode", executionMode.toString());
        map.put("dataset", dataset.toString());
        map.put("data_dir", dataDir == null ? null : dataDir.toAbsolutePath().toString());
        map.put("device", device.toString());
        map.putAll(failures.toMap());
        map.putAll(algorithm.toMap());
        return map;
    }
}
