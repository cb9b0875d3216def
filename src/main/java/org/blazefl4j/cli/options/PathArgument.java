package org.blazefl4j.cli.options;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Reads the path of a file or folder. One without a name would stand for the folder that the program was started in.
 */
public final class PathArgument implements ITypeConverter<Path> {

    @Override
    public Path convert(String text) {
        if (text.isBlank()) {
            throw new TypeConversionException(
                    "value='" + text + "', expected=a path; name one, or leave the option out");
        }
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new TypeConversionException("value=" + text + ", expected=characters of the locale's encoding, "
                    + System.getProperty("sun.jnu.encoding") + "; set LC_ALL=C.UTF-8, or name another path");
        }
    }
}
