package org.blazefl4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DropoutTest {

    private static final int N = 100_000;

    private final PointerScope scope = new PointerScope();

    @AfterEach
    void free() {
        scope.close();
    }

    @Test
    void shouldZeroTheGivenShareAndScaleTheRest() {
        try (Dropout dropout = new Dropout(0.25)) {
            dropout.setGenerator(generator(1));
            Tensor y = dropout.forward(torch.ones(N));

            double kept = y.ne(new Scalar(0f)).sum().item_long() / (double) N;
            assertThat(kept).isCloseTo(0.75, within(0.01));
            assertThat(y.max().item_float()).isEqualTo(1 / 0.75f);
            assertThat(y.sum().item_float() / N).isCloseTo(1, within(0.01f));
        }
    }

    @Test
    void shouldDrawFromItsGeneratorAlone() {
        byte[] before = DefaultGenerator.look();
        try (Dropout dropout = new Dropout(0.5)) {
            String first = mask(dropout, 7);
            torch.rand(3);
            DefaultGenerator.movedSince(before);

            assertThat(mask(dropout, 7)).isEqualTo(first);
            assertThat(mask(dropout, 8)).isNotEqualTo(first);
            assertThat(DefaultGenerator.movedSince(before)).isFalse();
        }
    }

    /** The device {@code meta} has shapes alone. */
    @Test
    void shouldDrawTheSameOnADevice() {
        try (Dropout dropout = new Dropout(0.5)) {
            Generator here = generator(7);
            dropout.setGenerator(here);
            dropout.forward(torch.ones(N));
            Generator there = generator(7);
            dropout.setGenerator(there);
            Tensor y = dropout.forward(Tensors.send(torch.ones(N), new Device("meta")));

            assertThat(y.is_meta()).isTrue();
            assertThat(y.numel()).isEqualTo(N);
            assertThat(there.get_state().equal(here.get_state())).isTrue();
        }
    }

    @Test
    void shouldDrawNewNumbersEachTime() {
        try (Dropout dropout = new Dropout(0.5)) {
            dropout.setGenerator(generator(7));
            Tensor x = torch.ones(N);

            assertThat(Tensors.sha256(dropout.forward(x))).isNotEqualTo(Tensors.sha256(dropout.forward(x)));
        }
    }

    @Test
    void shouldPassGradientsWhereItPassedValues() {
        try (Dropout dropout = new Dropout(0.5)) {
            dropout.setGenerator(generator(7));
            Tensor x = torch.ones(N).set_requires_grad(true);
            Tensor y = dropout.forward(x);
            y.sum().backward();

            assertThat(x.grad().equal(y)).isTrue();
        }
    }

    @Test
    void shouldReturnItsInputInEvaluation() {
        try (Dropout dropout = new Dropout(0.5)) {
            dropout.eval();
            Tensor x = torch.ones(3);

            assertThat(dropout.forward(x)).isSameAs(x);
        }
    }

    @Test
    void shouldKeepAllOrNothingAtTheEnds() {
        Tensor x = torch.ones(3);
        try (Dropout none = new Dropout(0);
                Dropout all = new Dropout(1)) {
            all.setGenerator(generator(1));

            assertThat(none.forward(x)).isSameAs(x);
            assertThat(all.forward(x).equal(torch.zeros(3))).isTrue();
        }
    }

    @Test
    void shouldRefuseToTrainWithoutAGenerator() {
        try (Dropout dropout = new Dropout(0.5)) {
            assertThatThrownBy(() -> dropout.forward(torch.ones(3)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("no random stream: layer=Dropout, generator=null;"
                            + " call model.setGenerator(context.generator(\"dropout\")) before training");
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, 1.1, Double.NaN})
    void shouldRefuseANumberThatIsNoProbability(double probability) {
        assertThatThrownBy(() -> new Dropout(probability))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "dropout: probability=" + probability + ", limit=[0, 1]; give the share of elements to zero");
    }

    private static String mask(Dropout dropout, long seed) {
        dropout.setGenerator(generator(seed));
        return Tensors.sha256(dropout.forward(torch.ones(N)));
    }

    private static Generator generator(long seed) {
        return torch.make_generator_cpu(seed);
    }
}
