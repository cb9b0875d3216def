package org.blazefl4j.cli.bench;

import java.util.List;
import java.util.concurrent.Callable;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.lab.LabCase;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Measures this machine. */
@Command(
        name = "bench",
        sortOptions = false,
        abbreviateSynopsis = true,
        resourceBundle = "org.blazefl4j.cli.bench.texts",
        header = "Measures how long rounds take on this machine, and where the time goes.",
        description = {
            "",
            "After each round a bare loop does the same work without a framework, with one thread per worker: copies in"
                    + " empty rounds, training steps in others. Prints percentiles of rounds, the mean of each phase"
                    + " and the efficiency, which is the time of the bare loop divided by that of the round, and writes"
                    + " a self-contained page with charts. Without options: less than a minute on two cores.",
        },
        optionListHeading = "%n",
        exitCodeList = {
            "0:All cases were measured.",
            "1:A case failed; earlier cases are kept.",
            "2:An option or its value cannot be used; nothing was measured.",
            "129:Ended by SIGHUP, as when a terminal is closed; earlier results are kept.",
            "130:Ended by Ctrl-C (SIGINT); earlier results are kept.",
            "143:Ended by SIGTERM; earlier results are kept."
        },
        footer = {
            "",
            "Examples",
            "  The cost of the framework in worker processes, by number of clients:",
            "    blazefl4j bench --work empty --execution-mode multi-process --clients 10,100,1000",
            "  Training a larger network with one to four workers:",
            "    blazefl4j bench --work training --model-name resnet18 --workers 1,2,4 --time-limit 60",
            "  Everything, in a folder of your choice:",
            "    blazefl4j bench --thorough --output results/bench",
        })
public final class BenchCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private BenchOptions options;

    @Override
    public Integer call() {
        List<LabCase> cases = options.cases(spec.commandLine());
        new Bench(options, cases).execute();
        return ExitCode.OK;
    }
}
