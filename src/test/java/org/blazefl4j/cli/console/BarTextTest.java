package org.blazefl4j.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BarTextTest {

    private final BarText bar = new BarText("clients");

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    70 | round 3/15 [=======                 ] 30/100 clients, 15.0/s, 5 s left
                    50 | round 3/15 [======                ] 30/100 clients
                    37 | round 3/15 [=====            ] 30/100
                    24 | round 3/15 [===        ]
                    20 | round 3/15 30/100
                    12 | round 30/100
                     3 | " 30"
                    """)
    void shouldOmitPartsThatDoNotFit(int width, String text) {
        assertThat(bar.render("round 3/15", 30, 100, Duration.ofSeconds(2), width))
                .isEqualTo(text)
                .hasSizeLessThanOrEqualTo(width);
    }

    @Test
    void shouldBeEmptyAtTheStartAndFullAtTheEnd() {
        assertThat(bar.render("r", 0, 4, Duration.ZERO, 30)).isEqualTo("r [              ] 0/4 clients");
        assertThat(bar.render("r", 4, 4, Duration.ZERO, 30)).isEqualTo("r [==============] 4/4 clients");
    }

    @Test
    void shouldColourOnATerminalUnlessAskedNotTo() {
        assertThat(Terminal.takesColour(true, null)).isTrue();
        assertThat(Terminal.takesColour(true, "")).isTrue();
        assertThat(Terminal.takesColour(true, "1")).isFalse();
        assertThat(Terminal.takesColour(false, null)).isFalse();
    }
}
