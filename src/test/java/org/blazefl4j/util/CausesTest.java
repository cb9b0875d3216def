package org.blazefl4j.util;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.data.Index;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CausesTest {

    @TempDir
    Path folder;

    @Test
    void shouldExplainExceptionsByTheirClass() throws IOException {
        Path file = Files.write(folder.resolve("file"), new byte[] {(byte) 0xff});
        Path missing = folder.resolve("missing");

        assertThat(thrownBy(() -> Files.readString(missing))).isEqualTo("not found: " + missing);
        assertThat(thrownBy(() -> Files.createDirectory(folder))).isEqualTo("already exists: " + folder);
        assertThat(thrownBy(() -> Files.delete(folder))).isEqualTo("folder not empty: " + folder);
        assertThat(thrownBy(() -> Files.list(file))).isEqualTo("not a folder: " + file);
        assertThat(thrownBy(() -> Files.readString(file.resolve("x")))).isEqualTo("not a folder: " + file + "/x");
        assertThat(thrownBy(() -> Files.readAllBytes(folder))).isEqualTo("is a folder");
        assertThat(thrownBy(() -> FileChannel.open(folder, StandardOpenOption.WRITE)))
                .isEqualTo("is a folder: " + folder);
        assertThat(thrownBy(() -> Files.readString(file))).isEqualTo("not text in the expected encoding");
        assertThat(thrownBy(() -> new DataInputStream(InputStream.nullInputStream()).readInt()))
                .isEqualTo("ends too early");
        assertThat(Causes.describe(new AccessDeniedException("/data/labels")))
                .isEqualTo("permission denied: /data/labels");
        assertThat(Causes.describe(new FileSystemException("/data/labels", null, "No space left on device")))
                .isEqualTo("no space left: /data/labels");
    }

    @Test
    void shouldKeepClearMessages() {
        assertThat(Causes.describe(new IOException("no magic number"))).isEqualTo("no magic number");
        assertThat(Causes.describe(new EOFException("the archive ends within a file")))
                .isEqualTo("the archive ends within a file");
        assertThat(Causes.describe(new NullPointerException())).isEqualTo("NullPointerException");
    }

    @Test
    void shouldSkipWrappers() {
        AccessDeniedException cause = new AccessDeniedException("/data");

        assertThat(Causes.describe(new UncheckedIOException(cause))).isEqualTo("permission denied: /data");
        assertThat(Causes.describe(new UncheckedIOException("cannot write", cause)))
                .isEqualTo("cannot write");
    }

    /** Writes to a full disk; runs in another locale. */
    static final class Filling {

        private Filling() {}

        /** Prints the system's message and the library's. */
        public static void main(String[] args) {
            Throwable thrown = catchThrowable(() -> Files.write(Path.of("/dev/full"), new byte[1]));
            System.out.println(thrown.getMessage());
            System.out.println(Causes.describe(thrown) + " " + Causes.isNoSpace((IOException) thrown));
        }
    }

    @Slow
    @Test
    void shouldRecogniseAFullDiskInAnySystemLanguage() throws Exception {
        Path german = folder.resolve("de_DE.UTF-8");
        assumeThat(Path.of("/usr/share/i18n/locales/de_DE")).exists();
        assumeThat(Path.of("/usr/share/locale/de/LC_MESSAGES/libc.mo")).exists();
        run(new ProcessBuilder("localedef", "-i", "de_DE", "-f", "UTF-8", german.toString()));
        ProcessBuilder filling = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-classpath",
                System.getProperty("java.class.path"),
                Filling.class.getName());
        filling.environment().putAll(Map.of("LOCPATH", folder.toString(), "LC_ALL", "de_DE.UTF-8"));
        filling.environment().remove("LANGUAGE");

        assertThat(run(filling))
                .hasSize(2)
                .contains("no space left true", Index.atIndex(1))
                .first()
                .asString()
                .startsWith("Auf dem Gerät");
    }

    private static List<String> run(ProcessBuilder builder) throws IOException {
        Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            return lines.lines().toList();
        }
    }

    private static String thrownBy(ThrowingCallable call) {
        return Causes.describe(catchThrowable(call));
    }
}
