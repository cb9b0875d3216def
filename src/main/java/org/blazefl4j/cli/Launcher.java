package org.blazefl4j.cli;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.jar.Attributes;
import java.util.jar.JarFile;

/**
 * Starts the command line, or prints one line that says why this machine cannot run it and exits with 2.
 *
 * <p>Compiled for Java 8, so that an old JVM can print the message. Must not use newer language features or libraries,
 * and refers to other classes of this project by name only.
 */
public final class Launcher {

    private static final int OLDEST_JAVA = 17;

    private static final int USAGE = 2;

    private Launcher() {}

    /**
     * The entry point of the runnable jar.
     *
     * @param args the command line
     * @throws Throwable any exception of the command line
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
            main().invoke(null, (Object) args);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static Method main() throws Exception {
        try {
            return Class.forName("org.blazefl4j.cli.Main").getMethod("main", String[].class);
        } catch (ClassNotFoundException | NoClassDefFoundError e) {
            System.err.println(missing(System.getProperty("java.class.path"), e));
            System.exit(USAGE);
            throw e;
        }
    }

    /** Returns a line that names the libraries missing beside the runnable jar. */
    static String missing(String jar, Throwable found) {
        List<String> missing = new ArrayList<>();
        File folder = new File(jar).getAbsoluteFile().getParentFile();
        try (JarFile file = new JarFile(jar)) {
            String libraries = file.getManifest().getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
            for (String library : libraries.split(" ")) {
                if (!new File(folder, library).exists()) {
                    missing.add(library);
                }
            }
        } catch (IOException | RuntimeException e) {
            missing.clear(); // not started from the jar
        }
        return "blazefl4j: libraries are missing: folder=" + folder + ", missing="
                + (missing.isEmpty() ? found.getMessage() : String.join(" ", missing))
                + "; keep the jar next to its folder lib";
    }

    /** Returns a line that says why this JVM or platform is not supported; null if it is. */
    static String refusal(String java, String os, String architecture) {
        if (feature(java) < OLDEST_JAVA) {
            return "blazefl4j: Java is too old: version=" + java + ", limit=" + OLDEST_JAVA
                    + "; use a newer java, or set JAVA_HOME to one";
        }
        String machine = architecture.toLowerCase(Locale.ROOT);
        boolean x8664 = machine.equals("amd64") || machine.equals("x86_64");
        if (!os.equals("Linux") || !x8664) {
            return "blazefl4j: platform not supported: platform=" + os + " " + architecture
                    + ", expected=Linux x86_64; run it there, or in a Linux container";
        }
        return null;
    }

    /** Returns 8 for "1.8", 17 for "17". */
    private static int feature(String java) {
        String number = java.startsWith("1.") ? java.substring(2) : java;
        return Integer.parseInt(number.split("[^0-9]", 2)[0]);
    }
}
