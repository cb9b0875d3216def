package org.blazefl4j.cli;

import org.blazefl4j.cli.options.ExitCode;

/** Runs several commands in one process, because starting it takes most of the time. */
final class LocaleProgram {

    private LocaleProgram() {}

    public static void main(String[] args) {
        String mode = args[0];
        command("doctor");
        command(run(mode, 1));
        command(run(mode, 2));
        command("verify", "results", "results");
    }

    private static String[] run(String mode, int rounds) {
        return ("run --sample-ratio 0.01 --epochs 1 --model-name mlp --output results --checkpoint-dir saved --resume"
                        + " --checkpoint-keep 1 --execution-mode " + mode + " --global-round " + rounds)
                .split(" ");
    }

    private static void command(String... args) {
        int exitCode = Main.commandLine().execute(args);
        if (exitCode != ExitCode.OK) {
            System.exit(exitCode);
        }
    }
}
