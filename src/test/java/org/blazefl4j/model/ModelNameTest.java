package org.blazefl4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ModelNameTest {

    @ParameterizedTest
    @EnumSource(ModelName.class)
    void shouldReadTheNameThatItWrites(ModelName name) {
        assertThat(ModelName.fromName(name.toString())).isEqualTo(name);
    }

    @Test
    void shouldReadNamesInAnyCase() {
        assertThat(ModelName.fromName("ResNet18")).isEqualTo(ModelName.RESNET18);
    }

    @Test
    void shouldListTheNamesWhenThereIsNoSuchModel() {
        assertThatThrownBy(() -> ModelName.fromName("vgg"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "unknown model: name=vgg, expected=one of cnn, mcmahan, lenet, mlp, logistic, resnet18, resnet50, resnet101,"
                                + " resnet18_gn, lstm, gpt, gpt_lora");
    }
}
