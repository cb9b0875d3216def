package org.blazefl4j.cli.run;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.util.HexFormat;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.Sha256;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A file whose content results depend on, so that its hash is recorded.
 *
 * @param path absolute
 */
record HashedFile(Path path, String sha256) {

    /** Reads the file once. */
    static HashedFile of(Path path) throws IOException {
        try (FileChannel file = FileChannel.open(path);
                DigestInputStream in = new DigestInputStream(Channels.newInputStream(file), Sha256.newDigest())) {
            byte[] chunk = new byte[1 << 16];
            while (in.read(chunk) >= 0) {
                // the digest reads along
            }
            return new HashedFile(
                    path.toAbsolutePath(),
                    HexFormat.of().formatHex(in.getMessageDigest().digest()));
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }

    /** Converts a path. */
    static final class Converter implements ITypeConverter<HashedFile> {
        @Override
        public HashedFile convert(String text) {
            try {
                return of(Path.of(text));
            } catch (IOException e) {
                throw new TypeConversionException(
                        "value=" + text + ", found=" + Causes.describe(e) + ", expected=a file that can be read");
            }
        }
    }
}
