package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.blazefl4j.trainer.Clients.ids;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.blazefl4j.util.LogLines;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class UnclosedResultsTest {

    private static final long FLOATS = 25;

    private final LogLines log = new LogLines(UnclosedResults.class);
    private final UnclosedResults results = new UnclosedResults(1000);
    private final List<Tensor> kept = new ArrayList<>();

    @AfterEach
    void close() {
        log.close();
        kept.forEach(Tensor::close);
    }

    /** A round of five results of 100 bytes each. */
    private void round(Consumer<Tensor> user) {
        results.look();
        Consumer<List<Tensor>> sink = results.watching(5, batch -> batch.forEach(user));
        for (int i = 0; i < 5; i++) {
            sink.accept(List.of(torch.zeros(FLOATS)));
        }
    }

    @Test
    void shouldWarnOnceOfResultsThatAreKeptOpen() {
        round(kept::add);
        round(kept::add);
        assertThat(log.lines()).isEmpty();
        round(kept::add);
        round(kept::add);
        results.look();

        assertThat(log.lines())
                .containsExactly("results of earlier rounds are not closed: results=10, bytes=1000, limit=1000; close"
                        + " each when it was used (try-with-resources), best one at a time in a sink,"
                        + " localProcess(payload, cids, sink)");
    }

    @Test
    void shouldNotWarnOfResultsThatAreClosedLater() {
        for (int i = 0; i < 10; i++) {
            round(kept::add);
            kept.forEach(Tensor::close);
            kept.clear();
        }

        assertThat(log.lines()).isEmpty();
    }

    /** Makes a result that counts as 200 MB and takes one byte of memory. */
    private static Up large(int cid) {
        return new Up(
                cid,
                torch.zeros(new long[] {1}, new TensorOptions(ScalarType.Byte)).expand(200_000_000));
    }

    /** The sink keeps the results and does not close them. */
    @WithoutProcesses
    void shouldWarnOfThemInATrainer(ExecutionMode mode) {
        Clients clients = new Clients((cid, payload, context) -> large(cid)) {
            @Override
            public Up prepareUplinkPackageBuffer() {
                return large(0);
            }
        };
        Down down = Down.of(1);
        try (var trainer = Clients.trainer(mode, clients)) {
            for (int round = 0; round < 4; round++) {
                trainer.localProcess(down, ids(2), uplink -> kept.add(uplink.value()));
            }
        } finally {
            down.value().close();
        }

        assertThat(log.lines()).singleElement().asString().contains("results=6, bytes=1200000000, limit=1000000000;");
    }
}
