package org.blazefl4j.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The pages show code that compiles, and their links lead somewhere. */
final class DocsTest {

    private static final List<Path> EXAMPLES = List.of(
            Path.of("examples/src/main/java/examples"),
            Path.of("src/test/java/org/blazefl4j/example"),
            Path.of("spark/src/test/java/org/blazefl4j/spark"));

    static List<Path> pages() throws IOException {
        return Pages.all();
    }

    @Test
    void shouldFindThePages() throws IOException {
        assertThat(Pages.all()).hasSizeGreaterThan(8).contains(Path.of("docs/guide.md"));
    }

    /**
     * Each Java block of a page is between "// begin page" and "// end page" in an example, and each such piece is on
     * the page.
     */
    @ParameterizedTest
    @MethodSource("pages")
    void shouldShowTheCodeOfTheExamples(Path page) throws IOException {
        List<String> shown = Pages.found("^```java\n(.*?)^```$", Pages.text(page));

        assertThat(shown).containsExactlyInAnyOrderElementsOf(snippets(page));
    }

    @Test
    void shouldShowAProgramThatRunsOnTheStartPageOfTheJavadoc() throws IOException {
        Path page = Path.of("src/main/java/module-info.java");
        String prose = Pages.text(page).replaceAll("(?m)^ \\* ?", "");

        assertThat(Pages.found("^<pre>\\{@code\n(.*?)^}</pre>$", prose)).isEqualTo(snippets(page));
        for (String linked : Pages.found("blob/main/([^\"]+)\"", prose)) {
            assertThat(Path.of(linked)).exists();
        }
    }

    @Test
    void shouldNameEveryLogger() throws IOException {
        String page = Pages.text(Path.of("docs/embedding.md"));
        Path sources = Path.of("src/main/java/org/blazefl4j");
        List<String> loggers = new ArrayList<>();
        try (Stream<Path> files = Files.walk(sources)) {
            files.filter(file -> file.toString().endsWith(".java"))
                    .forEach(file -> Pages.found("System\\.getLogger\\((\\w+)\\.class", Pages.text(file))
                            .forEach(type -> loggers.add(sources.relativize(file.resolveSibling(type))
                                    .toString()
                                    .replace('/', '.'))));
        }
        assertThat(loggers)
                .hasSizeGreaterThan(10)
                .allSatisfy(logger -> assertThat(page).contains("`" + logger + "`"));
    }

    private static List<String> snippets(Path page) throws IOException {
        List<String> snippets = new ArrayList<>();
        for (Path folder : EXAMPLES) {
            try (Stream<Path> examples = Files.list(folder)) {
                examples.map(Pages::text)
                        .map(source -> Pages.found("^ *// begin " + page + "\n(.*?)^ *// end " + page + "$", source))
                        .forEach(snippets::addAll);
            }
        }
        return snippets.stream()
                .map(snippet -> snippet.replaceAll("(?m)^ *// (begin|end) .*\n", ""))
                .map(snippet -> snippet.stripTrailing().stripIndent() + "\n")
                .toList();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void shouldHaveNoBrokenLinks(Path page) {
        for (String link : Pages.found("\\]\\(([^)]+)\\)", Pages.text(page))) {
            URI target = URI.create(link);
            if (target.getScheme() == null) {
                Path file = target.getPath().isEmpty()
                        ? page
                        : page.resolveSibling(target.getPath()).normalize();
                assertThat(file).exists();
                if (target.getFragment() != null) {
                    assertThat(anchors(file)).as(link).contains(target.getFragment());
                }
            }
        }
    }

    /** Returns the anchors that GitHub makes of a page's headings. */
    private static List<String> anchors(Path page) {
        return Pages.found("^#+ ([^\n]+)$", Pages.text(page)).stream()
                .map(heading -> heading.toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\w\\- ]", "")
                        .replace(' ', '-'))
                .toList();
    }
}
