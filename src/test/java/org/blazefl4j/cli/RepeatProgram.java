package org.blazefl4j.cli;

import java.util.ArrayList;
import java.util.List;

/** Runs experiments and then their experiment files. */
final class RepeatProgram {

    private RepeatProgram() {}

    /**
     * Writes the results to {@code first/<number>} and {@code second/<number>}.
     *
     * @param experiments the options of each, separated by spaces
     */
    public static void main(String[] experiments) {
        for (int i = 0; i < experiments.length; i++) {
            List<String> options = new ArrayList<>(List.of(experiments[i].split(" ")));
            options.addAll(List.of("--output", "first/" + i));
            run(options);
            run(List.of("first/" + i + "/experiment.toml", "--output", "second/" + i));
        }
    }

    private static void run(List<String> options) {
        List<String> args = new ArrayList<>(List.of("run"));
        args.addAll(options);
        int exit = Main.commandLine().execute(args.toArray(String[]::new));
        if (exit != 0) {
            System.exit(exit);
        }
    }
}
