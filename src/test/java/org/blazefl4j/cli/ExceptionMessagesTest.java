package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import org.blazefl4j.cli.options.UsageException;
import org.junit.jupiter.api.Test;

final class ExceptionMessagesTest {

    @Test
    void shouldAddTheCausesMessages() {
        Exception failure = new RuntimeException("a", new IllegalStateException("b", new IOException("file is gone")));

        assertThat(ExceptionMessages.describe(failure).lines())
                .containsExactly("a", "  because b", "  because file is gone");
    }

    @Test
    void shouldNotRepeatACauseThatTheMessageQuotes() {
        Exception cause = new IOException("disk full");

        assertThat(ExceptionMessages.describe(new RuntimeException(cause))).isEqualTo("disk full");
    }

    @Test
    void shouldExplainACauseThatOnlyHasAPath() {
        Exception failure =
                new UsageException("cannot read the data: --dataset=mnist", new AccessDeniedException("/d/labels"));

        assertThat(ExceptionMessages.describe(failure).lines())
                .containsExactly("cannot read the data: --dataset=mnist", "  because permission denied: /d/labels");
    }

    @Test
    void shouldEscapeControlCharacters() {
        assertThat(ExceptionMessages.describe(new RuntimeException("a\n\tb\u001b[2J")))
                .isEqualTo("a\n\tb\\u001b[2J");
    }

    @Test
    void shouldNameTheClassOfAnExceptionWithoutMessage() {
        assertThat(ExceptionMessages.describe(new NullPointerException())).isEqualTo("NullPointerException");
    }

    @Test
    void shouldLeaveOutLibTorchsNativeStack() {
        String message = "size mismatch\n\nException raised from check at x.cpp:1\nframe #0: y";

        assertThat(ExceptionMessages.describe(new RuntimeException(message))).isEqualTo("size mismatch");
        assertThat(ExceptionMessages.describe(new RuntimeException("can't allocate memory\nframe #0: y\nframe #1: z")))
                .isEqualTo("can't allocate memory");
    }

    @Test
    void shouldGiveTheSizeOfAHeapThatIsTooSmall() {
        assertThat(ExceptionMessages.describe(new OutOfMemoryError("Java heap space")))
                .matches(
                        "blazefl4j: out of memory: found=Java heap space, limit=\\d.* [MG]iB; request less, or give Java"
                                + " a larger heap \\(java -Xmx<size>\\)");
    }
}
