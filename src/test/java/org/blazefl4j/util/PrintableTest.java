package org.blazefl4j.util;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PrintableTest {

    @Test
    void shouldEscapeControlCharacters() {
        assertThat(Printable.line("a\u001b[2J\u009bm\rb\nc\td\u0000\u007f"))
                .isEqualTo("a\\u001b[2J\\u009bm\\u000db\\u000ac\\u0009d\\u0000\\u007f");
        assertThat(Printable.line("\u202eevil\u2066\u200b\u2028\ufeff\ud800"))
                .isEqualTo("\\u202eevil\\u2066\\u200b\\u2028\\ufeff\\ud800");
        assertThat(Printable.line("\udb40\udc41")).isEqualTo("\\udb40\\udc41"); // a tag beyond the first plane
    }

    @Test
    void shouldKeepPrintableCharacters() {
        String text = "pfad/größe 数据 بيانات \ud83d\ude00 a=\\u0041";
        assertThat(Printable.line(text)).isEqualTo(text);
        assertThat(Printable.line(null)).isEqualTo("null");
        assertThat(Printable.line(0.5)).isEqualTo("0.5");
    }

    @ParameterizedTest
    @CsvSource({
        "http://host:5000/a, http://host:5000/a",
        "https://me:s3cret@host/, https://***@host/",
        "http://me:s3/c@ret@ho^st:5000/, http://***@ho^st:5000/",
        "databricks://me:s3cret@host, databricks://***@host",
        "me:s3cret@host, ***@host",
        "http:/me:s3cret@host, ***@host",
        "http://host:5000/?token=s3cret&a=b#c, http://host:5000/?***",
        "http://me:s3cret@host/?, http://***@host/?",
        "https://me:s3cret@host?token=s3cret, https://***@host?***",
        "http://me:s3?cret@host, http://***",
        "http://host?token=s3@cret&key=s3cret, http://***",
        "http://host#s3cret, http://host#***",
        "study.toml, study.toml"
    })
    void shouldHideSecretsInAddresses(String address, String shown) {
        assertThat(Printable.address(address)).isEqualTo(shown);
    }

    @Test
    void shouldKeepLineBreaksOfLongerTexts() {
        assertThat(Printable.lines("a\n\tb\r\u001b")).isEqualTo("a\n\tb\\u000d\\u001b");
    }
}
