package org.blazefl4j.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Opens pages in a real browser. Skipped where there is none. */
@Slow
final class PageInChromiumTest {

    private static final String NAME = "<img src=x onerror=document.title='hurt'> & \"more\"";

    private static Chromium chromium;

    @TempDir
    private Path folder;

    private Path file;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        chromium = Chromium.start();
    }

    @AfterAll
    static void stop() {
        if (chromium != null) {
            chromium.close();
        }
    }

    private void open(Page page, int width, String medium) {
        file = folder.resolve("page.html");
        page.write(file);
        chromium.show(width, 900, medium);
        chromium.open(file.toUri());
    }

    private static Page runs() {
        return RunPage.of(IntStream.range(0, 5)
                .mapToObj(i -> Runs.run(NAME + i, 60, Runs.configuration(1 + i % 2, i < 3 ? 0.1 : 0.2)))
                .toList());
    }

    /** Holds after every test. */
    @AfterEach
    void shouldComplainOfNothingAndAskForNothing() {
        assertThat(chromium.complaints()).isEmpty();
        assertThat(chromium.requests()).containsExactly(file.toUri().toString());
        assertThat(chromium.evaluate("document.title")).asString().doesNotContain("hurt");
    }

    @ParameterizedTest
    @CsvSource({"1200,light", "1200,dark", "400,light", "400,dark"})
    void shouldDrawAllChartsInAnyWidthAndTheme(int width, String medium) {
        open(runs(), width, medium);

        assertThat(chromium.evaluate("[...document.querySelectorAll('figcaption > span')].map(e => e.textContent)"))
                .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST)
                .contains(
                        "Accuracy over rounds",
                        "Accuracy over time",
                        "Accuracy over bytes",
                        "Loss over rounds",
                        "Accuracy of single clients",
                        "Accuracy over clients",
                        "Time per phase",
                        "Clients dropped",
                        "Peak memory",
                        "Bytes from clients")
                .anySatisfy(title -> assertThat(title).asString().startsWith("Samples of the clients: " + NAME));
        assertThat(chromium.evaluate("[...document.querySelectorAll('section > .parts > figure .plot')]"
                        + ".every(plot => plot.querySelector('svg path, canvas') !== null)"))
                .as("drawn")
                .isEqualTo(true);
        assertThat(chromium.evaluate("document.documentElement.scrollWidth <= innerWidth"))
                .as("nothing hangs over the edge")
                .isEqualTo(true);
        assertThat(chromium.evaluate("document.documentElement.dataset.theme")).isEqualTo(medium);
    }

    @Test
    void shouldShowValuesUnderTheMouse() {
        open(runs(), 1200, "light");

        chromium.hover("figure.lines .plot");
        chromium.await("document.querySelector('figure.lines .tip') !== null");
        assertThat(chromium.evaluate("document.querySelector('figure.lines .tip').innerText"))
                .asString()
                .matches("(?s)round \\d+\\s+lr 0.1\\s+0\\.\\d+ \\(0\\.\\d+ to 0\\.\\d+\\)\\s+lr 0.2\\s+.*");

        chromium.hover("figure.heat .plot");
        chromium.await("document.querySelector('figure.heat .tip') !== null");
        assertThat(chromium.evaluate("document.querySelector('figure.heat .tip').innerText"))
                .asString()
                .contains("client ", "share of the client's samples", "total variation to the global mix");
    }

    @Test
    void shouldGoThroughValuesByKeysAndSayThem() {
        open(runs(), 1200, "light");

        chromium.evaluate("document.querySelector('figure.lines .plot').focus()");
        chromium.press("ArrowRight");
        chromium.press("ArrowRight");
        assertThat(chromium.evaluate("document.querySelector('figure.lines [aria-live]').textContent"))
                .asString()
                .startsWith("round 2, lr 0.1 ");
        assertThat(chromium.evaluate("document.querySelector('figure.lines .plot').getAttribute('aria-label')"))
                .asString()
                .startsWith("Accuracy over rounds.");

        chromium.evaluate("document.querySelector('figure.bars .plot').focus()");
        chromium.press("ArrowDown");
        assertThat(chromium.evaluate("document.querySelector('figure.bars [aria-live]').textContent"))
                .asString()
                .startsWith("lr 0.1, seconds per round, mean, sampling 0.01, training 1.5,");
    }

    @Test
    void shouldShowTheFiguresOfAChartAsATable() {
        open(runs(), 400, "light");

        chromium.evaluate("document.querySelector('figure.lines details').open = true");
        chromium.await("document.querySelector('figure.lines table') !== null");
        assertThat(chromium.evaluate("document.querySelector('figure.lines table').innerText"))
                .asString()
                .contains("round", "lr 0.1", "lr 0.2");
    }

    @Test
    void shouldHideASeriesByItsButton() {
        open(runs(), 400, "light");
        String lines =
                "document.querySelector('figure.lines .plot').querySelectorAll('path[fill=none][stroke-width=\"2\"]').length";
        Object before = chromium.evaluate(lines);

        chromium.evaluate("document.querySelector('figure.lines .legend button').click()");
        chromium.await(lines + " < " + before);
        assertThat(chromium.evaluate(
                        "document.querySelector('figure.lines .legend button').getAttribute('aria-pressed')"))
                .isEqualTo("false");
    }

    @Test
    void shouldPrintInLightColours() throws IOException {
        open(runs(), 1200, "dark");

        chromium.evaluate(
                "addEventListener('beforeprint', () => window.printed = document.documentElement.dataset.theme)");
        Path pdf = folder.resolve("page.pdf");
        chromium.print(pdf);
        assertThat(chromium.evaluate("window.printed")).isEqualTo("light");
        assertThat(pdf).isNotEmptyFile();
        chromium.show(1200, 900, "dark");
        chromium.await("document.documentElement.dataset.theme === 'dark'");
    }

    @Test
    void shouldShowAPartition() {
        open(PartitionPage.of(Runs.partition(30, 1), "A partition", java.util.Map.of("alpha", 0.1)), 1200, "light");

        assertThat(chromium.evaluate("document.querySelectorAll('figure.heat canvas').length"))
                .isEqualTo(1);
        assertThat(chromium.evaluate("document.body.innerText"))
                .asString()
                .contains("A partition", "Gini coefficient", "alpha");
    }

    @Test
    void shouldShowAnEmptyPage() {
        open(new Page("Nothing", List.of()), 400, "light");

        assertThat(chromium.evaluate("document.querySelector('h1').innerText")).isEqualTo("Nothing");
    }
}
