package org.blazefl4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PageTest {

    private static final String HOSTILE = "</script><script>alert(1)</script><!-- & {{data}} \ud800";

    @TempDir
    private Path folder;

    private static String dataOf(String html) {
        String begin = "<script type=\"application/json\" id=\"data\">";
        int from = html.indexOf(begin) + begin.length();
        return html.substring(from, html.indexOf("</script>", from));
    }

    @Test
    void shouldKeepHostileTextInsideItsData() throws IOException {
        String html = new Page(HOSTILE, List.of(HOSTILE))
                .add(HOSTILE, List.of(new Text(HOSTILE)))
                .toHtml();

        assertThat(dataOf(html)).doesNotContain("<", ">", "&");
        assertThat(JSON.std.mapFrom(dataOf(html))).containsEntry("title", HOSTILE);
        assertThat(html).contains("<title>&lt;/script>&lt;script>alert(1)");
    }

    @Test
    void shouldCarryTheLibraryWithItsLicence() {
        assertThat(new Page("", List.of()).toHtml())
                .contains("Licensed to the Apache Software Foundation", "connect-src 'none'")
                .doesNotContain("{{", "src=\"http", "href=\"http");
        assertThat(Page.class.getResource("echarts/LICENSE")).isNotNull();
        assertThat(Page.class.getResource("echarts/NOTICE")).isNotNull();
    }

    @Test
    void shouldShortenNumbers() {
        assertThat(Numbers.pack(new double[] {0.123456789, 3, Double.NaN, Double.POSITIVE_INFINITY, 1e300, -0.0}))
                .containsExactly(0.123457, 3, null, null, 1e300, 0);
        assertThat(IntStream.of(0, 1, 2, 3, 4, 5)
                        .mapToObj(i ->
                                Numbers.text(new double[] {0.73214, 1234567, 0.00001234, 12.3456, Double.NaN, 400}[i])))
                .containsExactly("0.7321", "1,234,567", "1.234e-05", "12.35", "–", "400");
        assertThat(List.of(Numbers.time(3.21), Numbers.time(640), Numbers.time(8000)))
                .containsExactly("3.210 s", "10.7 min", "2 h 13 min");
    }

    @Test
    void shouldReplaceAnOlderPage() throws IOException {
        Path file = Files.writeString(folder.resolve("page.html"), "old");

        new Page("new", List.of()).write(file);

        assertThat(file).content().contains("\"title\":\"new\"");
        assertThat(folder).isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void shouldSayWhyAPageCannotBeWritten() {
        Path file = folder.resolve("none/page.html");

        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> new Page("", List.of()).write(file))
                .withMessage("cannot write: file=" + file + ", found=not found: " + file
                        + ".part; choose a writable folder");
    }

    @Test
    void shouldFitManyRunsIntoAFile() {
        List<RunRecord> runs = IntStream.range(0, 5)
                .mapToObj(i -> Runs.run("run" + i, 500, Runs.configuration(1, 0.1 + i)))
                .toList();

        assertThat(RunPage.of(runs).toHtml().length()).isLessThan(3_000_000);
    }

    @Test
    void shouldFitALargeSweepIntoAFile() {
        List<RunRecord> runs = IntStream.range(0, 100)
                .mapToObj(i -> Runs.run("run" + i, 500, Runs.configuration(1 + i % 2, 0.1 + i / 2)))
                .toList();

        assertThat(RunPage.of(runs).toHtml().length()).isLessThan(6_000_000);
    }

    private String page(String... rounds) throws IOException {
        Files.writeString(
                folder.resolve("metrics.jsonl"),
                "{\"type\":\"configuration\",\"num_clients\":1000}\n" + String.join("\n", rounds) + "\n");
        return RunPage.of(List.of(RunRecord.read(folder, false).named("a"))).toJson();
    }

    @Test
    void shouldSkipRoundsWithoutAFigureInBestAndLast() throws IOException {
        assertThat(page(
                        "{\"type\":\"round\",\"round\":1}",
                        "{\"type\":\"round\",\"round\":2,\"accuracy\":0.75}",
                        "{\"type\":\"round\",\"round\":3,\"accuracy\":0.5}",
                        "{\"type\":\"round\",\"round\":4}"))
                .contains("\"4\",\"0.5000\",\"0.7500 in round 2\",\"–\"");
        assertThat(page("{\"type\":\"round\",\"round\":1}")).contains("\"1\",\"–\",\"–\",\"–\"");
    }

    @Test
    void shouldShowUnseenClientsApart() throws IOException {
        assertThat(page(
                        "{\"type\":\"round\",\"round\":1,\"unseen_accuracy\":0.5,\"unseen_accuracy_p50\":0.5}",
                        "{\"type\":\"unseen_clients\",\"round\":1,\"accuracy\":[0.25,0.75]}"))
                .contains("Accuracy over unseen clients", "Accuracy of single unseen clients")
                .doesNotContain("Accuracy over clients", "Loss over unseen clients");
    }

    @Test
    void shouldSayWhyThereIsNoPartition() throws IOException {
        assertThat(page("{\"type\":\"round\",\"round\":1}"))
                .contains("Not recorded for a: clients times classes is above 1,000,000, or an older version ran.");
    }

    @Test
    void shouldMakeAPageOfARunThatHasNoRoundYet() throws IOException {
        Files.writeString(folder.resolve("metrics.jsonl"), "{\"type\":\"configuration\",\"seed\":1}\n");

        Map<String, Object> page = JSON.std.mapFrom(
                RunPage.of(List.of(RunRecord.read(folder, true))).toJson());
        assertThat(page.get("sections").toString()).contains("not ended", "setting");
    }
}
