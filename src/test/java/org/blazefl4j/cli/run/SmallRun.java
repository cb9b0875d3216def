package org.blazefl4j.cli.run;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.cli.Main;
import picocli.CommandLine;

/** Options of a run of ten clients, as parsed from a command line. */
final class SmallRun {

    private SmallRun() {}

    static RunOptions of(int rounds, String... more) {
        List<String> args = new ArrayList<>(List.of("run", "--num-clients=10", "--epochs=1"));
        args.addAll(List.of("--execution-mode=single-threaded", "--global-round=" + rounds));
        args.addAll(List.of(more));
        CommandLine commands = Main.commandLine();
        commands.parseArgs(args.toArray(String[]::new));
        return ((RunCommand) commands.getSubcommands().get("run").getCommand()).options;
    }
}
