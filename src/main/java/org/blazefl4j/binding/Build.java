package org.blazefl4j.binding;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** What the build wrote down of itself. */
public final class Build {

    /** BlazeFL4J's version. */
    public static final String VERSION = read("version");

    private Build() {}

    /**
     * A library that only some classes need, as Maven names it, with the version that the library is built with.
     *
     * @param name that of its artifact
     */
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
