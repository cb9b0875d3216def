package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.blazefl4j.cli.options.ExitCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReportCommandTest {

    private static final String RUN = "{\"type\":\"configuration\",\"seed\":%d}\n"
            + "{\"type\":\"round\",\"round\":1,\"accuracy\":0.5,\"total_seconds\":1}\n";

    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int report(Object... arguments) {
        String[] args = new String[arguments.length + 1];
        args[0] = "report";
        for (int i = 0; i < arguments.length; i++) {
            args[i + 1] = arguments[i].toString();
        }
        return Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(args);
    }

    private Path run(String name, int seed) throws IOException {
        Path run = Files.createDirectories(folder.resolve(name));
        Files.writeString(run.resolve("metrics.jsonl"), RUN.formatted(seed));
        return run;
    }

    @Test
    void shouldWriteThePageOfARunBesideIt() throws IOException {
        Path run = run("mine", 1);

        assertThat(report(run)).as(err.toString()).isZero();
        assertThat(out).hasToString("page: " + run.resolve("report.html") + System.lineSeparator());
        assertThat(run.resolve("report.html")).content().contains("\"title\":\"mine\"");
        assertThat(report(run.resolve("metrics.jsonl")))
                .as("an older page is replaced")
                .isZero();
    }

    @Test
    void shouldFindTheRunsOfAFolder() throws IOException {
        run("all/a", 1);
        run("all/b", 2);
        Files.createDirectory(folder.resolve("all/other"));
        Path page = folder.resolve("page.html");

        assertThat(report(folder.resolve("all"), "--output", page))
                .as(err.toString())
                .isZero();
        assertThat(page).content().contains("\"title\":\"2 runs\"", "a and 1 more");
    }

    @Test
    void shouldNameRunsByTheirPathsIfTheirFoldersHaveTheSameName() throws IOException {
        Path one = run("x/run", 1);
        Path other = run("y/run", 2);
        Path page = folder.resolve("page.html");

        assertThat(report(one, other, "--output", page)).isZero();
        assertThat(page).content().contains(one.toString(), other.toString());
    }

    @Test
    void shouldRefuseWhatIsNoRun() {
        Path none = folder.resolve("none");

        assertThat(report(none)).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .startsWith("blazefl4j report: no such run: file=" + none
                        + ", expected=a result folder with metrics.jsonl, or that file");
    }

    @Test
    void shouldRefuseAPageThatIsNone() throws IOException {
        assertThat(report(run("mine", 1), "--output", "metrics.csv")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .startsWith("blazefl4j report: not a page: --output=metrics.csv, expected=a name that ends in .html;"
                        + " choose another");
    }

    @Test
    void shouldSayThatAPageCannotBeWritten() throws IOException {
        Path page = folder.resolve("none/page.html");

        assertThat(report(run("mine", 1), "--output", page)).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).startsWith("blazefl4j report: cannot write: file=" + page + ", found=");
    }

    @Test
    void shouldAskForARun() {
        assertThat(report()).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("Missing required parameter: 'FOLDER'");
    }
}
