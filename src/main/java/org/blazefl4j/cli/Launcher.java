package org.blazefl4j.cli;

import java.lang.reflect.InvocationTargetException;
import java.util.Locale;

/**
 * Starts the command line, or says in one line why this machine cannot run it and exits with 2.
 *
 * <p>Compiled for Java 8, so that an old JVM gets as far as the message: nothing here may use a newer language, library
 * or, but by name, any other class of ours.
 */
public final class Launcher {

    private static final int OLDEST_JAVA = 17;

    private static final int USAGE = 2;

    private Launcher() {}

    /**
     * The entry point of the runnable jar.
     *
     * @param args the command line
     * @throws Throwable whatever the command line itself throws
     */
    public static void main(String[] args) throws Throwable {
        String refusal = refusal(
                System.getProperty("java.specification.version"),
                System.getProperty("os.name"),
                System.getProperty("os.arch"));
        if (refusal != null) {
            System.err.println(refusal);
            System.exit(USAGE);
        }
        try {
            Class.forName("org.blazefl4j.cli.Main")
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) args);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /** Why this JVM or platform will not do, in one line; null if it will. */
    static String refusal(String java, String os, String architecture) {
        if (feature(java) < OLDEST_JAVA) {
            return "blazefl4j: Java is too old: version=" + java + ", limit=" + OLDEST_JAVA
                    + " or newer; run it with a newer java, or set JAVA_HOME to one";
        }
        String machine = architecture.toLowerCase(Locale.ROOT);
        boolean x8664 = machine.equals("amd64") || machine.equals("x86_64");
        if (!os.equals("Linux") || !x8664) {
            return "blazefl4j: platform not supported: platform=" + os + " " + architecture
                    + ", limit=Linux x86_64; run it there, or in a Linux container";
        }
        return null;
    }

    /** 8 of "1.8", 17 of "17". */
    private static int feature(String java) {
        String number = java.startsWith("1.") ? java.substring(2) : java;
        return Integer.parseInt(number.split("[^0-9]", 2)[0]);
    }
}
