package org.blazefl4j.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** Closes packages that themselves close some or none of their tensors. */
final class TensorWalkTest {

    private final Tensor closed = torch.ones(1);
    private final Tensor forgotten = torch.ones(1);

    private record Plain(Tensor vector, List<Tensor> more) {}

    private record Forgetful(Tensor closed, Tensor forgotten) implements AutoCloseable {
        @Override
        public void close() {
            closed.close();
        }
    }

    private record Failing(Tensor forgotten) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            throw new IOException("not now");
        }
    }

    private enum Kept {
        ALL
    }

    @SuppressWarnings("rawtypes")
    private record Mixed(
            String name,
            Kept kept,
            Map<String, Double> numbers,
            Map<String, Object> metadata,
            Object any,
            List raw,
            Map<String, List<Tensor>> vectors) {}

    @Test
    void shouldFindTensorsBesideStringsAndNumbers() {
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("seconds", 0.5);
        metadata.put("extra", closed);
        try (Tensor third = torch.ones(1);
                Tensor fourth = torch.ones(1)) {
            Mixed mixed = new Mixed(
                    "a",
                    Kept.ALL,
                    Map.of("loss", 1.0),
                    metadata,
                    forgotten,
                    List.of(1L, "b", third),
                    Map.of("c", List.of(fourth)));

            assertThat(TensorWalk.tensors(mixed))
                    .extracting(TensorWalk.Found::path)
                    .containsExactly("metadata[extra]", "any", "raw[2]", "vectors[c][0]");
        }
    }

    @Test
    void shouldCloseAllTensorsOfAPlainPackage() {
        TensorWalk.discard(new Plain(closed, List.of(forgotten)));

        assertThat(List.of(closed.isNull(), forgotten.isNull())).containsOnly(true);
    }

    @Test
    void shouldCloseTheTensorsThatAPackageForgetsToClose() {
        TensorWalk.discard(new Forgetful(closed, forgotten));

        assertThat(List.of(closed.isNull(), forgotten.isNull())).containsOnly(true);
    }

    @Test
    void shouldReleaseOneReferenceOfATensorThatIsKept() {
        closed.retainReference().retainReference();
        forgotten.retainReference().retainReference();
        TensorWalk.discard(new Forgetful(closed, forgotten));

        assertThat(List.of(closed.referenceCount(), forgotten.referenceCount())).containsOnly(1);
        closed.close();
        forgotten.close();
        assertThat(List.of(closed.isNull(), forgotten.isNull())).containsOnly(true);
    }

    @Test
    void shouldCloseTheTensorsOfAPackageThatFailsToClose() {
        assertThatThrownBy(() -> TensorWalk.discard(new Failing(forgotten)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("package did not close: java.io.IOException: not now")
                .hasCauseInstanceOf(IOException.class);

        assertThat(forgotten.isNull()).isTrue();
        closed.close();
    }
}
