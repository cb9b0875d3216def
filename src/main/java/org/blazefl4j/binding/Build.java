package org.blazefl4j.binding;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** Versions recorded by the build. */
public final class Build {

    public static final String VERSION = read("version");

    private Build() {}

    /** Returns the Maven coordinates, with the version, of an optional library with the given artifact name. */
    public static String library(String name) {
        return read(name);
    }

    private static String read(String name) {
        Properties build = new Properties();
        try (InputStream file = Build.class.getResourceAsStream("build.properties")) {
            build.load(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return build.getProperty(name);
    }
}
