package org.blazefl4j.cli.options;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converts a path on the command line. Refuses an empty path, which would mean the current folder. */
public final class PathArgument implements ITypeConverter<Path> {

    @Override
    public Path convert(String text) {
        if (text.isBlank()) {
            throw new TypeConversionException("value='" + text + "', expected=a path; give one, or omit the option");
        }
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new TypeConversionException("value=" + text + ", expected=characters of the locale's encoding, "
                    + System.getProperty("sun.jnu.encoding") + "; set LC_ALL=C.UTF-8, or choose another path");
        }
    }
}
