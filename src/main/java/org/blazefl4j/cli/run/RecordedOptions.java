package org.blazefl4j.cli.run;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.OptionSpec;

/**
 * What result files and checkpoints record of a run's options.
 *
 * @param options the run's
 */
record RecordedOptions(RunOptions options) {

    /** The groups of options that are recorded, besides those of the algorithm. */
    private static final List<String> GROUPS = List.of(
            "federation",
            "data",
            "training",
            "models",
            "optimizer",
            "composition",
            "execution",
            "failures",
            "evaluation",
            "stopping");

    /** Returns the settings of the run by option name, for result files and checkpoints. */
    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        GROUPS.forEach(group -> record(group, map));
        record(options.federation.algorithm.name(), map);
        map.put("num_clients", options.numClients());
        map.put("num_parallels", options.workers());
        List.of("cache_dir", "device_data_share", "device_result_share", "step_graphs")
                .forEach(map::remove); // they change the speed alone
        map.putAll(options.composition.recorded());
        map.putAll(options.models.recorded());
        map.putAll(options.data.recorded());
        if (!options.data.partition.hasShards()) {
            map.remove("num_shards");
        }
        if (!options.data.partition.hasAlpha()) {
            map.remove("dir_alpha");
        }
        if (!options.data.partition.hasClasses()) {
            map.remove("classes_per_client");
        }
        if (options.data.source.file.dataFile != null) {
            map.put("dataset", String.valueOf(options.data.source.file.dataFile.getFileName()));
        }
        if (!options.data.partition.hasSigma()) {
            map.remove("size_sigma");
        }
        if (options.data.source.pixels == Pixels.NORMALISED) {
            map.remove("pixels"); // as runs of older versions, so that they can be resumed
        }
        return map;
    }

    private void record(String group, Map<String, Object> map) {
        for (OptionSpec option : options.group(group)) {
            Object value = option.getValue();
            if (value != null) {
                map.put(option.longestName().substring("--".length()).replace('-', '_'), recorded(value));
            }
        }
    }

    /** Returns a value as result files have it: a number, a boolean, a text or a list of texts. */
    static Object recorded(Object value) {
        if (value instanceof Path path) {
            return path.toAbsolutePath().toString();
        }
        if (value instanceof Duration duration) {
            return FailureOptions.seconds(duration);
        }
        if (value instanceof List<?> values) {
            return values.stream().map(each -> recorded(each).toString()).toList();
        }
        return value instanceof Number || value instanceof Boolean ? value : value.toString();
    }
}
