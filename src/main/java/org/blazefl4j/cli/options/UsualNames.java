package org.blazefl4j.cli.options;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Model.CommandSpec;

/** Suggests options for the names that other simulators use. */
public final class UsualNames {

    /** Our options, with the words of others. */
    private static final Map<String, String> WORDS = Map.ofEntries(
            Map.entry("--algorithm", "algo strategy method aggregator"),
            Map.entry("--num-clients", "clients n-clients num-users users num-supernodes client-num-in-total"),
            Map.entry("--clients", "num-clients n-clients num-users"),
            Map.entry("--global-round", "num-rounds global-rounds n-rounds comm-rounds comm-round num-server-rounds"),
            Map.entry(
                    "--sample-ratio",
                    "fraction frac fraction-fit fraction-train client-fraction join-ratio participation sample-fraction"),
            Map.entry("--seed", "random-seed"),
            Map.entry("--data-dir", "data data-path dataset-dir dataset-root-dir root data-root"),
            Map.entry("--partition", "partitioner split iid noniid non-iid"),
            Map.entry("--num-shards", "shards"),
            Map.entry("--classes-per-client", "labels-per-client class-per-client num-classes-per-client classes"),
            Map.entry("--dir-alpha", "alpha dirichlet-alpha beta concentration"),
            Map.entry("--model-name", "model net arch"),
            Map.entry("--epochs", "local-epochs num-epochs epoch local-ep"),
            Map.entry("--batch-size", "batch bs local-batch-size local-bs"),
            Map.entry("--lr", "learning-rate client-lr local-lr local-learning-rate"),
            Map.entry("--local-optimizer", "optimizer optim client-optimizer local-optim"),
            Map.entry("--weight-decay", "wd l2 local-weight-decay"),
            Map.entry("--max-grad-norm", "clip grad-clip clip-grad-norm max-norm clip-norm gradient-clip"),
            Map.entry("--local-steps", "steps num-steps local-iterations local-updates"),
            Map.entry("--stragglers", "straggler stragglers-ratio drop-percent straggler-rate"),
            Map.entry("--lr-schedule", "scheduler lr-scheduler schedule lr-decay learning-rate-decay"),
            Map.entry("--proximal-mu", "mu prox-mu fedprox-mu"),
            Map.entry("--server-optimizer", "server-lr global-lr server-learning-rate eta-g"),
            Map.entry("--era-temperature", "temperature"),
            Map.entry("--execution-mode", "mode backend"),
            Map.entry("--num-parallels", "workers num-workers processes num-processes threads num-threads jobs"),
            Map.entry("--workers", "num-parallels num-workers processes num-processes threads num-threads jobs"),
            Map.entry("--device", "gpu cuda"),
            Map.entry("--checkpoint-dir", "checkpoint checkpoints save-dir"),
            Map.entry("--output", "out output-dir out-dir log-dir results result-dir"),
            Map.entry("--time-limit", "seconds duration timeout"));

    private UsualNames() {}

    /** Returns the options that unknown words may stand for, by word. */
    public static Map<String, String> hints(CommandSpec command, List<String> unknown) {
        Map<String, String> hints = new TreeMap<>();
        for (String word : unknown) {
            String name = word.replaceFirst("=.*", "");
            optionsFor(command, name.replaceFirst("^--?", "").replace('_', '-').toLowerCase(Locale.ROOT))
                    .forEach(option -> hints.put(name, option));
        }
        return hints;
    }

    private static List<String> optionsFor(CommandSpec command, String word) {
        List<String> options = new ArrayList<>();
        WORDS.forEach((option, words) -> {
            boolean same =
                    option.equals("--" + word) || List.of(words.split(" ")).contains(word);
            if (same && command.findOption(option) != null) {
                options.add(option);
            }
        });
        return options;
    }
}
