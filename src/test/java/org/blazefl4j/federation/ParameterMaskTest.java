package org.blazefl4j.federation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Masks choose tensors by name. */
final class ParameterMaskTest {

    private static final List<String> NAMES = List.of(
            "stem.weight",
            "bn.weight",
            "bn.bias",
            "bn.running_mean",
            "bn.running_var",
            "bn.num_batches_tracked",
            "block.conv.weight",
            "block.norm.weight",
            "block.norm.bias",
            "fc.weight",
            "fc.bias");

    @Test
    void shouldChooseNamesByPatterns() {
        assertThat(ParameterMask.named("fc.*", "*.norm.bias").of(NAMES))
                .containsExactlyInAnyOrder("fc.weight", "fc.bias", "block.norm.bias");
        assertThat(ParameterMask.NONE.of(NAMES)).isEmpty();
        assertThatThrownBy(() -> ParameterMask.named("head").of(NAMES))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("no such parameters: pattern=head, expected=one of [stem.weight,");
    }

    @Test
    void shouldChooseLayersFromEitherEnd() {
        assertThat(ParameterMask.lastLayers(2).of(NAMES))
                .containsExactlyInAnyOrder("fc.weight", "fc.bias", "block.norm.weight", "block.norm.bias");
        assertThat(ParameterMask.firstLayers(2).of(NAMES)).containsExactlyInAnyOrderElementsOf(NAMES.subList(0, 6));
        assertThat(ParameterMask.firstLayers(5).of(NAMES)).containsExactlyInAnyOrderElementsOf(NAMES);
        assertThat(ParameterMask.lastLayers(0)).isEqualTo(ParameterMask.NONE);
    }

    @Test
    void shouldJoinMasks() {
        ParameterMask head = ParameterMask.lastLayers(1);
        assertThat(head.or(ParameterMask.named("stem.*", "fc.bias")).of(NAMES))
                .containsExactlyInAnyOrder("stem.weight", "fc.weight", "fc.bias");
        assertThat(head.or(ParameterMask.NONE)).isSameAs(head);
        assertThat(ParameterMask.NONE.or(head)).isSameAs(head);
        assertThat(head.or(ParameterMask.lastLayers(1))).isSameAs(head);
    }

    @Test
    void shouldRefuseNumbersOfLayersThatDoNotFit() {
        assertThatThrownBy(() -> ParameterMask.lastLayers(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("too few layers: layers=-1, limit=1 or more");
        assertThatThrownBy(() -> ParameterMask.firstLayers(6).of(NAMES))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("too many layers: layers=6, limit=5, the model's number");
    }

    @Test
    void shouldChooseNormalisationByItsStatistics() {
        assertThat(ParameterMask.normalisation().of(NAMES)).containsExactlyInAnyOrderElementsOf(NAMES.subList(1, 6));
        assertThat(ParameterMask.normalisation("*.norm.*").of(NAMES)).hasSize(7).contains("block.norm.bias");
        assertThat(ParameterMask.normalisation().of(List.of("weight", "running_mean", "fc.weight")))
                .containsExactlyInAnyOrder("weight", "running_mean");
        assertThat(ParameterMask.normalisation().of(List.of("fc.weight"))).isEmpty();
    }
}
