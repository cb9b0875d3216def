package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.blazefl4j.cli.verify.ComparisonReport;
import org.blazefl4j.cli.verify.RecordedRun;
import org.blazefl4j.cli.verify.RunComparison;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the program in locales with other digits, letters, decimal separators or calendars. */
@Slow
final class LocaleProcessTest {

    @TempDir
    private Path folder;

    @Test
    void shouldGiveTheSameFilesAndBitsInEveryLocale() throws Exception {
        try (CliProcess german = start("de", "DE", "", "single-threaded");
                CliProcess arabic = start("ar", "EG", "", "multi-process");
                CliProcess turkish = start("tr", "TR", "", "single-threaded");
                CliProcess thai = start("th", "TH", "u-ca-buddhist-nu-thai", "single-threaded")) {
            RecordedRun expected = recorded("de", german);
            for (RecordedRun run : List.of(recorded("ar", arabic), recorded("tr", turkish), recorded("th", thai))) {
                RunComparison comparison = RunComparison.of(expected, run);
                assertThat(comparison.exitCode())
                        .as(ComparisonReport.of(comparison))
                        .isZero();
                assertThat(comparison.conditions()).isEmpty();
            }
        }
    }

    private CliProcess start(String language, String country, String extensions, String mode) throws Exception {
        List<String> locale =
                List.of("-Duser.language=" + language, "-Duser.country=" + country, "-Duser.extensions=" + extensions);
        return CliProcess.startProgram(
                Files.createDirectory(folder.resolve(language)), locale, LocaleProgram.class, mode);
    }

    private RecordedRun recorded(String language, CliProcess program) throws Exception {
        assertThat(program.exitCode()).as(program.err()).isZero();
        assertThat(program.out() + program.err()).doesNotContainPattern("[\\p{Nd}&&[^0-9]]");
        assertThat(program.out())
                .contains("round 1/1  accuracy 0.")
                .contains("  resumed        after round 1, from saved/round-000001.checkpoint")
                .contains("identical: rounds=2");
        Path home = folder.resolve(language);
        assertThat(names(home.resolve("saved"))).containsExactly("lock", "round-000002.checkpoint");
        assertThat(names(home.resolve("results")))
                .containsExactly("experiment.toml", "metrics.csv", "metrics.jsonl", "model.safetensors", "report.html");
        return RecordedRun.read(home.resolve("results"));
    }

    private static List<String> names(Path folder) throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
