package org.blazefl4j.cli.run;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.blazefl4j.util.Sha256;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A file whose content results depend on, so that its hash is recorded.
 *
 * @param path absolute
 */
record HashedFile(Path path, String sha256) {

    @Override
    public String toString() {
        return path.toString();
    }

    /** Converts a path. */
    static final class Converter implements ITypeConverter<HashedFile> {
        @Override
        public HashedFile convert(String text) {
            try {
                Path path = Path.of(text);
                return new HashedFile(path.toAbsolutePath(), Sha256.hex(path));
            } catch (UncheckedIOException e) {
                throw new TypeConversionException(e.getMessage() + ", expected=a file that can be read");
            }
        }
    }
}
