package org.blazefl4j.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.blazefl4j.torch.NumericEnvironment;
import org.junit.jupiter.api.Test;

/** The tests and conditions that {@code docs/guarantees.md} names exist. */
final class GuaranteesTest {

    private static String page() throws IOException {
        return Files.readString(Path.of("docs/guarantees.md"));
    }

    private static Set<String> found(String pattern) throws IOException {
        return Pattern.compile(pattern)
                .matcher(page())
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toSet());
    }

    @Test
    void shouldNameExistingTests() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src/test/java"));
                Stream<Path> ofSpark = Files.walk(Path.of("spark/src/test/java"))) {
            Set<String> tests = Stream.concat(files, ofSpark)
                    .map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith("Test.java"))
                    .map(name -> name.replace(".java", ""))
                    .collect(Collectors.toSet());

            assertThat(found("\\w+Test\\b")).hasSizeGreaterThan(20).isSubsetOf(tests);
        }
    }

    /** With Surefire's {@code failIfNoSpecifiedTests=false} a misspelt test runs nothing and passes. */
    @Test
    void shouldNotMentionFlagsThatLetMisspeltTestsPass() throws IOException {
        try (Stream<Path> pages = Files.find(Path.of("."), 3, (path, file) -> isTold(path))) {
            assertThat(pages.toList())
                    .hasSizeGreaterThan(3)
                    .allSatisfy(page ->
                            assertThat(page).content().doesNotContain("failIfNoSpecifiedTests", "failIfNoTests"));
        }
    }

    private static boolean isTold(Path path) {
        boolean built = path.startsWith("./target") || path.startsWith("./benchmarks/target");
        return !built && (path.toString().endsWith(".md") || path.endsWith("pom.xml"));
    }

    @Test
    void shouldExplainEveryRecordedCondition() throws IOException {
        assertThat(found("(?<=`)\\w+(?=`)"))
                .containsAll(Arrays.stream(NumericEnvironment.class.getRecordComponents())
                        .map(RecordComponent::getName)
                        .toList());
    }
}
