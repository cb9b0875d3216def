package org.blazefl4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class IntraOpThreadsTest {

    @Test
    void shouldSetTheNumberAndRestoreTheOldOne() {
        int before = IntraOpThreads.current();
        try (IntraOpThreads outer = IntraOpThreads.scope(before + 1)) {
            try (IntraOpThreads inner = IntraOpThreads.scope(before + 2)) {
                assertThat(IntraOpThreads.current()).isEqualTo(before + 2);
            }
            assertThat(IntraOpThreads.current()).isEqualTo(before + 1);
        }
        assertThat(IntraOpThreads.current()).isEqualTo(before);
    }

    @Test
    void shouldNotAffectThreadsStartedMeanwhile() throws Exception {
        int elsewhere = inNewThread(IntraOpThreads::current);
        try (IntraOpThreads scope = IntraOpThreads.scope(elsewhere + 1)) {
            assertThat(inNewThread(IntraOpThreads::current)).isEqualTo(elsewhere);
        }
    }

    @Test
    void shouldRestoreTheCallersValueOnlyOnce() {
        int before = IntraOpThreads.current();
        IntraOpThreads first = IntraOpThreads.scope(before + 1);
        first.close();
        try (IntraOpThreads second = IntraOpThreads.scope(before + 2)) {
            first.close();
            assertThat(IntraOpThreads.current()).isEqualTo(before + 2);
        }
    }

    @Test
    void shouldRefuseFewerThanOneThread() {
        assertThatThrownBy(() -> IntraOpThreads.scope(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("intra-op threads: threads=0, limit=1 or more; give 1 unless one client is large");
    }

    @Test
    void shouldRefuseToBeClosedByAnotherThread() throws Exception {
        int before = IntraOpThreads.current();
        try (IntraOpThreads scope = IntraOpThreads.scope(before + 1)) {
            Throwable refusal = inNewThread(() -> {
                try {
                    scope.close();
                    return null;
                } catch (IllegalStateException e) {
                    return e;
                }
            });

            assertThat(refusal)
                    .hasMessageMatching("intra-op threads closed by another thread: thread=Thread-\\d+, expected=.*;"
                            + " close the scope where it was opened");
            assertThat(IntraOpThreads.current()).isEqualTo(before + 1);
        }
        assertThat(IntraOpThreads.current()).isEqualTo(before);
    }

    private static <T> T inNewThread(Supplier<T> body) throws InterruptedException {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = new Thread(() -> result.complete(body.get()));
        thread.start();
        thread.join();
        return result.getNow(null);
    }
}
