package org.blazefl4j.cli.console;

import org.blazefl4j.binding.Build;
import picocli.CommandLine.IVersionProvider;

/** The versions of this program and of Java. */
public final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
        return new String[] {"BlazeFL4J " + blazefl4j(), "Java " + java()};
    }

    public static String java() {
        return System.getProperty("java.version") + " (" + System.getProperty("java.vendor") + ")";
    }

    public static String blazefl4j() {
        return Build.VERSION;
    }
}
