package org.blazefl4j.cli.run;

import java.lang.reflect.Field;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.trainer.ExecutionMode;
import picocli.CommandLine.Option;

/** Refuses options that contradict one another or have no effect where that would change results. */
final class RunOptionValidator {

    private final RunOptions options;
    private final Predicate<String> given;
    private final Function<String, RuntimeException> refusal;
    private final Consumer<String> note;

    RunOptionValidator(
            RunOptions options,
            Predicate<String> given,
            Function<String, RuntimeException> refusal,
            Consumer<String> note) {
        this.options = options;
        this.given = given;
        this.refusal = refusal;
        this.note = note;
    }

    void check() {
        Partitioning partition = options.data.partition;
        refuseIdle("--num-shards", partition.hasShards(), "--partition shards");
        refuseIdle("--dir-alpha", partition.hasAlpha(), "--partition dirichlet or balanced-dirichlet");
        ExecutionMode mode = options.execution.executionMode;
        noteIdle("--num-parallels", mode != ExecutionMode.SINGLE_THREADED);
        noteIdle("--cache-dir", mode == ExecutionMode.MULTI_PROCESS);
        refuseUnlessAlgorithm(AlgorithmName.SCAFFOLD, RunOptions.OfScaffold.class);
        refuseUnlessAlgorithm(AlgorithmName.DSFL, RunOptions.OfDsfl.class);
        for (String name : List.of("--checkpoint-every", "--checkpoint-keep", "--resume")) {
            refuseIdle(name, options.saving.checkpointDir != null, "--checkpoint-dir");
        }
        checkDataFolder();
        checkSample();
    }

    /** Refuses every option of a group that is one algorithm's alone. */
    private void refuseUnlessAlgorithm(AlgorithmName algorithm, Class<?> group) {
        for (Field field : group.getDeclaredFields()) {
            Option option = field.getAnnotation(Option.class);
            if (option != null) {
                refuseIdle(option.names()[0], options.federation.algorithm == algorithm, "--algorithm " + algorithm);
            }
        }
    }

    private void refuseIdle(String name, boolean hasEffect, String remedy) {
        if (given.test(name) && !hasEffect) {
            throw refusal.apply(name + " has no effect: add " + remedy + ", or leave it out");
        }
    }

    /** One that changes the speed alone stays in place when the mode is changed. */
    private void noteIdle(String name, boolean hasEffect) {
        if (given.test(name) && !hasEffect) {
            note.accept(name + " has no effect with --execution-mode " + options.execution.executionMode);
        }
    }

    private void checkDataFolder() {
        DatasetName dataset = options.data.dataset;
        if (options.data.dataDir == null && !dataset.isEmbedded()) {
            throw refusal.apply("data folder missing: --dataset=" + dataset
                    + ", --data-dir=none, limit=a folder with its files; add --data-dir, or take --dataset fashion-mnist,"
                    + " which comes with the program");
        }
    }

    private void checkSample() {
        try {
            ServerOptions.clientsPerRound(options.federation.numClients(), options.federation.sampleRatio);
        } catch (IllegalArgumentException e) {
            throw refusal.apply("sample too small: --sample-ratio=" + options.federation.sampleRatio
                    + " of --num-clients=" + options.federation.numClients()
                    + ", limit=at least one client a round; raise the ratio");
        }
    }
}
