package org.blazefl4j.cli.run;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options for saving and resuming a run. */
@Command(optionListHeading = "%nCheckpoints%n")
final class CheckpointOptions {

    @Option(names = "--checkpoint-dir", paramLabel = "DIR")
    @Nullable
    Path dir;

    @Option(names = "--checkpoint-every", paramLabel = "N")
    int every = 1;

    @Option(names = "--checkpoint-keep", paramLabel = "N")
    int keep = 3;

    @Option(names = "--resume")
    boolean resume;
}
