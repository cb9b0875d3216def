package org.blazefl4j.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.blazefl4j.trainer.ExecutionMode;

/**
 * The command line of a benchmark that measures in pairs.
 *
 * @param workers the number of workers; by default the number of cores
 * @param pairs the number of pairs of measurements
 * @param modes the modes to measure
 */
record PairArguments(int workers, int pairs, List<ExecutionMode> modes) {

    /**
     * Reads {@code [--workers n] [--pairs n] [mode ...]}.
     *
     * @param pairs the default number of pairs
     * @param modes the default modes
     */
    static PairArguments parse(String[] args, int pairs, List<ExecutionMode> modes) {
        int workers = Runtime.getRuntime().availableProcessors();
        int asked = pairs;
        List<ExecutionMode> named = new ArrayList<>();
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--workers" -> workers = Integer.parseInt(args[++i]);
                case "--pairs" -> asked = Integer.parseInt(args[++i]);
                default ->
                    named.add(ExecutionMode.valueOf(
                            args[i].toUpperCase(Locale.ROOT).replace('-', '_')));
            }
        }
        return new PairArguments(workers, asked, named.isEmpty() ? modes : named);
    }
}
