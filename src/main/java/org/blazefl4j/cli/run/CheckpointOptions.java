package org.blazefl4j.cli.run;

import java.nio.file.Path;
import org.blazefl4j.cli.options.Numbers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options for saving and resuming a run. */
@Command(optionListHeading = "%nCheckpoints%n")
final class CheckpointOptions {

    @Option(
            names = "--checkpoint-dir",
            paramLabel = "DIR",
            description = "Folder to save this run to, so that it can continue after any interruption with the same"
                    + " result. One folder per run. Default: the run is not saved.")
    Path dir;

    @Option(
            names = "--checkpoint-every",
            paramLabel = "N",
            defaultValue = "1",
            converter = Numbers.Count.class,
            description = "Rounds between two checkpoints. Default: ${DEFAULT-VALUE}.")
    int every;

    @Option(
            names = "--checkpoint-keep",
            paramLabel = "N",
            defaultValue = "3",
            converter = Numbers.Count.class,
            description = "Number of checkpoints to keep, the latest ones. Default: ${DEFAULT-VALUE}.")
    int keep;

    @Option(
            names = "--resume",
            description = "Continue from the latest checkpoint in --checkpoint-dir, in the result folder that it names."
                    + " With --output: in that folder, if the results were moved there, or in a new folder, with files"
                    + " that begin with the next round. Without a checkpoint, start from the beginning. Options that"
                    + " change results must be as before; --global-round may be larger.")
    boolean resume;
}
