package org.blazefl4j.cli.run;

import org.blazefl4j.cli.options.OptionUse;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.trainer.ExecutionMode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Checks options against each other: refuses contradictions, and options without effect that could change results. */
final class RunOptionValidator {

    private final RunOptions options;
    private final CommandSpec command;
    private final OptionUse use;

    RunOptionValidator(RunOptions options, CommandSpec command) {
        this.options = options;
        this.command = command;
        this.use = new OptionUse(command.commandLine());
    }

    /**
     * Checks all options.
     *
     * @throws ParameterException for the first option that is refused
     */
    void check() {
        Partitioning partition = options.data.partition;
        use.refuseUnless(partition.hasShards(), "--num-shards", "--partition shards");
        use.refuseUnless(partition.hasAlpha(), "--dir-alpha", "--partition dirichlet or balanced-dirichlet");
        ExecutionMode mode = options.execution.executionMode;
        use.noteUnless(mode != ExecutionMode.SINGLE_THREADED, "--num-parallels", mode);
        use.noteUnless(mode == ExecutionMode.MULTI_PROCESS, "--cache-dir", mode);
        refuseUnlessAlgorithm(AlgorithmName.SCAFFOLD);
        refuseUnlessAlgorithm(AlgorithmName.DSFL);
        for (String name : new String[] {"--checkpoint-every", "--checkpoint-keep", "--resume"}) {
            use.refuseUnless(options.checkpoints.dir != null, name, "--checkpoint-dir");
        }
        checkDataFolder();
        checkSample();
    }

    /** Refuses the options of an algorithm other than the chosen one. */
    private void refuseUnlessAlgorithm(AlgorithmName algorithm) {
        CommandSpec group = command.mixins().get("options").mixins().get(algorithm.toString());
        group.options()
                .forEach(option -> use.refuseUnless(
                        options.federation.algorithm == algorithm, option.longestName(), "--algorithm " + algorithm));
    }

    private void checkDataFolder() {
        DatasetName dataset = options.data.dataset;
        if (options.data.dataDir == null && !dataset.isEmbedded()) {
            throw use.refusal("data folder missing: --dataset=" + dataset
                    + ", --data-dir=none, expected=a folder with the data set's files; add --data-dir, or use"
                    + " --dataset fashion-mnist, which is included");
        }
    }

    private void checkSample() {
        try {
            ServerOptions.clientsPerRound(options.numClients(), options.federation.sampleRatio);
        } catch (IllegalArgumentException e) {
            throw use.refusal("sample too small: --sample-ratio=" + options.federation.sampleRatio
                    + " of --num-clients=" + options.numClients()
                    + ", expected=at least one client a round; raise the ratio");
        }
    }
}
