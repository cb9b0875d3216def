package org.blazefl4j.util;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CausesTest {

    @TempDir
    Path folder;

    @Test
    void shouldSayWhatTheClassAloneSays() throws IOException {
        Path file = Files.write(folder.resolve("file"), new byte[] {(byte) 0xff});
        Path missing = folder.resolve("missing");

        assertThat(thrownBy(() -> Files.readString(missing))).isEqualTo("not found: " + missing);
        assertThat(thrownBy(() -> Files.createDirectory(folder))).isEqualTo("exists already: " + folder);
        assertThat(thrownBy(() -> Files.delete(folder))).isEqualTo("folder not empty: " + folder);
        assertThat(thrownBy(() -> Files.list(file))).isEqualTo("not a folder: " + file);
        assertThat(thrownBy(() -> Files.readString(file.resolve("x")))).isEqualTo("not a folder: " + file + "/x");
        assertThat(thrownBy(() -> Files.readAllBytes(folder))).isEqualTo("is a folder");
        assertThat(thrownBy(() -> FileChannel.open(folder, StandardOpenOption.WRITE)))
                .isEqualTo("is a folder: " + folder);
        assertThat(thrownBy(() -> Files.readString(file))).isEqualTo("not text in the encoding that is expected");
        assertThat(thrownBy(() -> new DataInputStream(InputStream.nullInputStream()).readInt()))
                .isEqualTo("ends too early");
        assertThat(Causes.describe(new AccessDeniedException("/data/labels")))
                .isEqualTo("permission denied: /data/labels");
        assertThat(Causes.describe(new FileSystemException("/data/labels", null, "No space left on device")))
                .isEqualTo("no space left: /data/labels");
    }

    @Test
    void shouldLeaveWordsThatSayEnough() {
        assertThat(Causes.describe(new IOException("no magic number"))).isEqualTo("no magic number");
        assertThat(Causes.describe(new EOFException("the archive ends within a file")))
                .isEqualTo("the archive ends within a file");
        assertThat(Causes.describe(new NullPointerException())).isEqualTo("NullPointerException");
    }

    @Test
    void shouldLookThroughAWrapper() {
        AccessDeniedException cause = new AccessDeniedException("/data");

        assertThat(Causes.describe(new UncheckedIOException(cause))).isEqualTo("permission denied: /data");
        assertThat(Causes.describe(new UncheckedIOException("cannot write", cause)))
                .isEqualTo("cannot write");
    }

    private static String thrownBy(ThrowingCallable call) {
        return Causes.describe(catchThrowable(call));
    }
}
