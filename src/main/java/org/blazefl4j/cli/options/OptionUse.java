package org.blazefl4j.cli.options;

import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * Finds options on a command line that have no effect.
 *
 * @param command as it was last parsed
 */
public record OptionUse(CommandLine command) {

    /** Refuses an option that was given without effect, because the user may expect another result. */
    public void refuseUnless(boolean hasEffect, String option, String remedy) {
        if (isGiven(option) && !hasEffect) {
            throw refusal(option + " has no effect: add " + remedy + ", or omit it");
        }
    }

    /** Notes that an option was given without effect; for options that only change the speed. */
    public void noteUnless(boolean hasEffect, String option, Object mode) {
        if (isGiven(option) && !hasEffect) {
            command.getErr().println("note: " + option + " has no effect with --execution-mode " + mode);
        }
    }

    /** Returns the exception for refused options. */
    public ParameterException refusal(String message) {
        return new ParameterException(command, message);
    }

    private boolean isGiven(String option) {
        return command.getParseResult().hasMatchedOption(option);
    }
}
