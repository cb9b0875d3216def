package org.blazefl4j.cli.options;

import java.nio.file.Path;
import org.blazefl4j.util.Printable;

/**
 * A place in a file, for messages.
 *
 * @param line from 1
 */
public record Place(Path file, int line) {

    /** Returns {@code file=study.toml, line=3}. */
    @Override
    public String toString() {
        return "file=" + Printable.line(file) + ", line=" + line;
    }
}
