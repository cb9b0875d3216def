package org.blazefl4j.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ElementTest {

    @Test
    void shouldEscapeTextAndAttributes() {
        Element element = Element.of("p", "<b> & \"\u0001").with("title", "\"><script>'");

        assertThat(element).hasToString("<p title=\"&quot;&gt;&lt;script&gt;'\">&lt;b&gt; &amp; &quot;\uFFFD</p>");
    }

    @Test
    void shouldRefuseDataThatWouldEndItsElement() {
        assertThatThrownBy(() -> Element.of("script").data("1 </script>"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("data holds markup: element=script, expected=no < and no &");
    }

    @Test
    void shouldWriteCoordinatesWithoutTrailingZeros() {
        assertThat(Element.of("rect").with("x", 10.0).with("y", 0.125).with("width", -0.001))
                .hasToString("<rect x=\"10\" y=\"0.13\" width=\"-0\"/>");
    }
}
