package org.blazefl4j.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.blazefl4j.model.Engine;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.Numerics;
import org.blazefl4j.model.Numerics.Autocast;
import org.blazefl4j.model.Numerics.MemoryLayout;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EngineChoiceTest {

    /** Declares no layers, so that no engine but LibTorch can know them. */
    private static final class Opaque extends Model {
        @Override
        public Tensor forward(Tensor x) {
            return x;
        }
    }

    private static EngineChoice choose(Engine engine, Autocast autocast, boolean onCpu) {
        try (Model model = new Opaque()) {
            model.setNumerics(new Numerics(MemoryLayout.AUTO, autocast, engine));
            return EngineChoice.of(model, new long[] {1, 28, 28}, onCpu);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "AUTO, OFF, true, libtorch (layers not declared)",
        "AUTO, BFLOAT16, true, libtorch (autocast bfloat16)",
        "AUTO, OFF, false, libtorch (on cuda)",
        "LIBTORCH, OFF, true, libtorch",
    })
    void shouldSayWhyTheEngineIsLibTorch(Engine engine, Autocast autocast, boolean onCpu, String text) {
        EngineChoice choice = choose(engine, autocast, onCpu);

        assertThat(choice.engine()).isEqualTo(Engine.LIBTORCH);
        assertThat(choice).hasToString(text);
    }

    @ParameterizedTest
    @CsvSource({
        "OFF, true, layers not declared",
        "BFLOAT16, true, autocast bfloat16",
        "OFF, false, on cuda",
    })
    void shouldRefuseTheNativeEngineForAModelThatItCannotCompute(Autocast autocast, boolean onCpu, String found) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> choose(Engine.NATIVE, autocast, onCpu))
                .withMessage("native engine cannot compute the model: engine=native, model=Opaque, found=" + found
                        + "; choose auto or libtorch");
    }

    @Test
    void shouldNameTheKernelsOfTheNativeEngine() {
        assertThat(new EngineChoice(Engine.NATIVE, "avx2")).hasToString("native (avx2)");
    }
}
