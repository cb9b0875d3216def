package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LauncherTest {

    private static final int JAVA_8 = 52;

    @ParameterizedTest
    @ValueSource(strings = {"17", "21", "25", "26-ea"})
    void shouldStartOnJava17AndNewer(String java) {
        assertThat(Launcher.refusal(java, "Linux", "amd64")).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.8", "9", "11", "16"})
    void shouldRefuseAnOlderJavaInOneLine(String java) {
        assertThat(Launcher.refusal(java, "Linux", "amd64"))
                .isEqualTo("blazefl4j: Java is too old: version=" + java
                        + ", limit=17 or newer; run it with a newer java, or set JAVA_HOME to one");
    }

    @ParameterizedTest
    @CsvSource({"Linux, aarch64", "Mac OS X, x86_64", "Windows 11, amd64"})
    void shouldRefuseAnotherPlatformInOneLine(String os, String architecture) {
        assertThat(Launcher.refusal("17", os, architecture))
                .isEqualTo("blazefl4j: platform not supported: platform=" + os + " " + architecture
                        + ", limit=Linux x86_64; run it there, or in a Linux container");
    }

    @Test
    void shouldLoadOnJava8() throws IOException {
        try (DataInputStream bytes = new DataInputStream(Launcher.class.getResourceAsStream("Launcher.class"))) {
            bytes.skipNBytes(6);

            assertThat(bytes.readUnsignedShort()).isEqualTo(JAVA_8);
        }
    }
}
