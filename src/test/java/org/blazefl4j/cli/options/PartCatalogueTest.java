package org.blazefl4j.cli.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.blazefl4j.cli.options.PartCatalogue.Part;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine.TypeConversionException;

final class PartCatalogueTest {

    private final PartCatalogue<String> parts = new PartCatalogue<String>()
            .with("plain", set -> "plain")
            .with("tuned:lr=0.1,every=3,kind=a", set -> {
                if (set.number("lr") < 0) {
                    throw new IllegalArgumentException("rate below 0");
                }
                return set.number("lr") + " " + set.count("every") + " " + set.text("kind");
            });

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "plain | plain | plain",
                "tuned | tuned | 0.1 3 a",
                "tuned:kind=b,lr=2 | tuned:lr=2,kind=b | 2.0 3 b",
                "tuned:lr=0.1 | tuned | 0.1 3 a",
                "tuned:kind=x=y | tuned:kind=x=y | 0.1 3 x=y"
            })
    void shouldMakePartsAndKeepOnlySettingsThatAreNotTheDefaults(String text, String kept, String value) {
        Part<String> part = parts.parse(text);
        assertThat(part).hasToString(kept).extracting(Part::value).isEqualTo(value);
        assertThat(part.settings()).isEqualTo(kept.contains(":") ? kept.split(":", 2)[1] : "");
        assertThat(parts.parse(kept)).isEqualTo(part);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "other | value=other, expected=plain, tuned",
                "plain:lr=1 | value=plain:lr=1, expected=plain without settings",
                "tuned:rate=1 | value=tuned:rate=1, expected=tuned:lr=0.1,every=3,kind=a or others of these settings",
                "tuned:lr | value=tuned:lr, expected=tuned:lr=0.1,every=3,kind=a or others of these settings",
                "tuned: | value=tuned:, expected=tuned:lr=0.1,every=3,kind=a or others of these settings",
                "tuned:every=x | value=tuned:every=x, expected=tuned:lr=0.1,every=3,kind=a or others of these settings",
                "tuned:lr=-1 | value=tuned:lr=-1: rate below 0"
            })
    void shouldRefuseUnknownNamesAndSettings(String text, String message) {
        assertThatThrownBy(() -> parts.parse(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage(message);
    }

    @Test
    void shouldNameItsPartsInOrder() {
        assertThat(parts.names()).containsExactly("plain", "tuned");
    }
}
