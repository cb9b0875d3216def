package org.blazefl4j.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Looks at this machine. */
@Command(name = "doctor", mixinStandardHelpOptions = true, versionProvider = Version.class)
final class DoctorCommand implements Callable<Integer> {

    @Override
    public Integer call() {
        return ExitCode.OK;
    }
}
