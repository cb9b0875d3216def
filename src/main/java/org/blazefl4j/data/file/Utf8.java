package org.blazefl4j.data.file;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/** Files of text in UTF-8. */
final class Utf8 {

    private static final int BUFFER = 1 << 16;

    private Utf8() {}

    /**
     * Opens a file, gzip if its name ends in {@code .gz}, behind the byte order mark that it may begin with.
     *
     * @param onMalformed what becomes of bytes that are no text
     */
    static BufferedReader open(Path file, CodingErrorAction onMalformed) throws IOException {
        InputStream bytes = Files.newInputStream(file);
        try {
            InputStream plain = file.toString().endsWith(".gz") ? new GZIPInputStream(bytes) : bytes;
            var decoder = StandardCharsets.UTF_8.newDecoder().onMalformedInput(onMalformed);
            BufferedReader text = new BufferedReader(new InputStreamReader(plain, decoder), BUFFER);
            text.mark(1);
            if (text.read() != '\uFEFF') {
                text.reset();
            }
            return text;
        } catch (IOException | RuntimeException e) {
            bytes.close();
            throw e;
        }
    }
}
