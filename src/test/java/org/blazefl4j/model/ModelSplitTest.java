package org.blazefl4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.model.Numerics.Autocast;
import org.blazefl4j.model.Numerics.MemoryLayout;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models of two parts are their heads after their features. */
final class ModelSplitTest {

    private static final ModelSelector<ModelName> SELECTOR = ModelSelector.seeded(1, 3, 32, 32, 10);

    @ParameterizedTest
    @CsvSource({"CNN, 84", "MCMAHAN, 512", "LENET, 84", "MLP, 200", "RESNET18, 512"})
    void shouldComputeTheSameInTwoParts(ModelName name, long width) {
        for (Autocast autocast : Autocast.values()) {
            try (PointerScope scope = new PointerScope();
                    Model model = SELECTOR.with(new Numerics(MemoryLayout.AUTO, autocast))
                            .selectModel(name)) {
                Tensor images = FormulaImages.inputs(0, 2, 3, 32, 32);
                Tensor features = model.compute(images, model.split()::features);
                String before = Tensors.sha256(features);
                Tensor output = model.compute(features, model.split()::head);
                assertThat(features.shape()).containsExactly(2, width);
                assertThat(features.scalar_type().intern()).isEqualTo(ScalarType.Float);
                assertThat(Tensors.sha256(features)).isEqualTo(before);
                assertThat(Tensors.sha256(output)).isEqualTo(Tensors.sha256(model.output(images)));
            }
        }
    }

    @Test
    void shouldRefuseModelsOfOnePart() {
        try (Model model = SELECTOR.selectModel(ModelName.LOGISTIC)) {
            assertThatThrownBy(model::split)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("model without features: model=LogisticRegression, expected=one that implements"
                            + " Model.Split; choose another model, or divide this one");
        }
    }
}
