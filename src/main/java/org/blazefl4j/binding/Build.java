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
