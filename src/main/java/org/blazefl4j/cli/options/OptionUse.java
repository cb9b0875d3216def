package org.blazefl4j.cli.options;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.blazefl4j.core.Device;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Finds options on a command line, and settings of a file, that have no effect. */
public final class OptionUse {

    private final CommandLine command;
    private final Settings settings;
    private final Set<String> idle = new LinkedHashSet<>();
    private final List<String> notes = new ArrayList<>();

    /** Looks at a command line as it was last parsed. */
    public OptionUse(CommandLine command) {
        this(command, Settings.NONE);
    }

    /** Looks at a command line as it was last parsed, with settings for options that it lacks. */
    public OptionUse(CommandLine command, Settings settings) {
        this.command = command;
        this.settings = settings;
    }

    /**
     * Refuses an option that was given without effect, because the user may expect another result. Only notes such a
     * setting, because a file may serve several runs.
     */
    public void refuseUnless(boolean hasEffect, String option, String remedy) {
        if (hasEffect) {
            return;
        }
        if (isGiven(option)) {
            throw refusal(option + " has no effect: add " + remedy + ", or omit it");
        }
        String key = option.substring("--".length());
        if (idle.add(key)) {
            settings.get(key)
                    .filter(setting -> !setting.text().equals("false"))
                    .ifPresent(setting -> notes.add("note: " + key + " has no effect: " + setting.place() + "; add "
                            + remedy + ", or remove the line"));
        }
    }

    /** Notes that an option was given without effect; for options that only change the speed. */
    public void noteUnless(boolean hasEffect, String option, Object mode) {
        if (isGiven(option) && !hasEffect) {
            command.getErr().println("note: " + option + " has no effect with --execution-mode " + mode);
        }
    }

    /** Does so for options of devices, which the file of a run on the CPU then leaves out. */
    public void noteUnlessOn(Device device, String option) {
        if (device.isCpu()) {
            idle.add(option.substring("--".length()));
            if (isGiven(option)) {
                command.getErr().println("note: " + option + " has no effect with --device " + device);
            }
        }
    }

    /** Prints which settings have no effect. */
    public void printNotes() {
        notes.forEach(command.getErr()::println);
        command.getErr().flush();
    }

    /** Returns the keys of all options without effect, given or not. */
    public Set<String> idle() {
        return idle;
    }

    /** Returns the exception for refused options. */
    public ParameterException refusal(String message) {
        return new ParameterException(command, message);
    }

    private boolean isGiven(String option) {
        return command.getParseResult().hasMatchedOption(option);
    }
}
