package org.blazefl4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.model.Engine;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.Numerics;
import org.blazefl4j.model.Numerics.Autocast;
import org.blazefl4j.model.Numerics.MemoryLayout;
import org.junit.jupiter.api.Test;

/** Tests the key by which a worker keeps models. */
class SelectedModelTest {

    private static final Numerics SHORTER = new Numerics(MemoryLayout.AUTO, Autocast.BFLOAT16);

    /** Another selector class with the same model names. */
    private record Other(ModelSelector<Tiny> tiny) implements ModelSelector<Tiny> {
        @Override
        public Model selectModel(Tiny name) {
            return tiny.selectModel(name);
        }
    }

    private static String key(ModelSelector<Tiny> selector) {
        return new SelectedModel<>(selector, Tiny.LINEAR).key(Device.CPU);
    }

    @Test
    void shouldHaveTheSameKeyForModelsThatDifferInParametersOnly() {
        assertThat(key(new Tiny.Selector(2))).isEqualTo(key(new Tiny.Selector(1)));
        assertThat(key(new Tiny.Selector(2).with(SHORTER))).isEqualTo(key(new Tiny.Selector(1).with(SHORTER)));
    }

    @Test
    void shouldHaveTheSameKeyForModelsThatBeginWithAFile() {
        Tiny.Selector selector = new Tiny.Selector(1);
        Path file = Path.of("model.pt");

        assertThat(key(selector.startingFrom(file, Tiny.LINEAR))).isEqualTo(key(selector));
        assertThat(key(selector.with(SHORTER).startingFrom(file, Tiny.LINEAR))).isEqualTo(key(selector.with(SHORTER)));
        assertThat(key(selector.startingFrom(file, Tiny.LINEAR).with(SHORTER))).isEqualTo(key(selector.with(SHORTER)));
    }

    @Test
    void shouldHaveAnotherKeyForAnotherModelDeviceSelectorOrNumerics() {
        Tiny.Selector selector = new Tiny.Selector(1);

        assertThat(key(selector))
                .isNotEqualTo(new SelectedModel<>(selector, Tiny.CONVOLUTION).key(Device.CPU))
                .isNotEqualTo(new SelectedModel<>(selector, Tiny.LINEAR).key(Device.parse("cuda:1")))
                .isNotEqualTo(key(new Other(selector)))
                .isNotEqualTo(key(selector.with(SHORTER)));
        assertThat(key(selector.with(SHORTER)))
                .isNotEqualTo(key(new Other(selector).with(SHORTER)))
                .isNotEqualTo(key(selector.with(new Numerics(MemoryLayout.CHANNELS_LAST, Autocast.OFF))))
                .isNotEqualTo(key(selector.with(SHORTER.withEngine(Engine.LIBTORCH))));
    }
}
