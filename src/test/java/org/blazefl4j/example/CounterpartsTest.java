package org.blazefl4j.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The counterparts that {@code docs/coming-from-blazefl.md} names exist. */
final class CounterpartsTest {

    /** What a row says after its first column, which has the other framework's names. */
    private static final String REST_OF_ROW = "^\\|[^|\n]*(\\|[^\n]*)$";

    private static final Pattern CAMEL_CASE = Pattern.compile("\\b[A-Za-z][a-z0-9]+[A-Z]\\w*\\b");

    @Test
    void shouldNameWhatExists() throws IOException {
        String page = Pages.text(Path.of("docs/coming-from-blazefl.md"));
        Set<String> named = Pages.found(REST_OF_ROW, page).stream()
                .flatMap(row -> Pages.found("`([^`]+)`", row).stream())
                .flatMap(CounterpartsTest::names)
                .collect(Collectors.toSet());

        assertThat(named).hasSizeGreaterThan(50);
        assertThat(sourceNames()).containsAll(named);
    }

    private static Set<String> sourceNames() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .map(Pages::text)
                    .flatMap(CounterpartsTest::names)
                    .collect(Collectors.toSet());
        }
    }

    private static Stream<String> names(String text) {
        return CAMEL_CASE.matcher(text).results().map(MatchResult::group);
    }
}
