package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.cli.options.ExitCode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A refused start names the option with the unusable value, and leaves every folder as it was. */
final class RefusedStartTest {

    private static final String LONG = "x".repeat(300);

    @TempDir
    private Path folder;

    @BeforeEach
    void fill() throws IOException {
        Files.createFile(folder.resolve("file"));
        Files.createFile(Files.createDirectory(folder.resolve("full")).resolve("notes"));
        Files.createFile(Files.createDirectory(folder.resolve("damaged")).resolve("round-000001.checkpoint"));
        try (Checkpoints other = Checkpoints.in(folder.resolve("other"))) {
            other.save(3);
        }
    }

    private List<String> tree() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.map(Path::toString).sorted().toList();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            run --output @/new --data-dir @/none            | no such folder: --data-dir=@/none, found=[damaged, file, full, other] in @, expected=
            run --output @/new --data-dir @/file            | no such folder: --data-dir=@/file, found=a file, expected=
            run --checkpoint-dir @/new --data-dir @/file    | no such folder: --data-dir=@/file, found=a file, expected=
            run --output @/new --num-clients 0              | Invalid value for option '--num-clients': value=0, expected=
            run --output @/new/a --checkpoint-dir @/damaged --resume | no checkpoint can be used: @/damaged/round-
            run --output @/new/a --checkpoint-dir @/other   | checkpoint folder holds a run: --checkpoint-dir=@/other, found=
            run --output @/new/a --checkpoint-dir @/other --resume   | configuration changed: file=@/other/round-
            run --output @/full --checkpoint-dir @/new/ck   | output folder is not empty: --output=@/full, expected=
            run --output @/full --checkpoint-dir @/full/ck  | output folder is not empty: --output=@/full, expected=
            run --output @/file --checkpoint-dir @/new/ck   | output is not a folder: --output=@/file, expected=
            run --output @/file/a --checkpoint-dir @/new/ck | cannot create the output folder: --output=@/file/a, found=not a folder
            run --output @/new/LONG --checkpoint-dir @/new/ck | cannot create the output folder: --output=@/new/LONG, found=File name too long
            run --output @/new --checkpoint-dir @/file      | checkpoints cannot be used: --checkpoint-dir=@/file, found=not a folder
            run --output @/new --checkpoint-dir @/file/a    | checkpoints cannot be used: --checkpoint-dir=@/file/a, found=not a folder
            run --output @/new --checkpoint-dir @/new/LONG  | checkpoints cannot be used: --checkpoint-dir=@/new/LONG, found=File name too long
            run --output /proc/none                         | cannot create the output folder: --output=/proc/none, found=
            bench --output @/file                           | output is not a folder: --output=@/file, expected=
            bench --output @/file/a                         | cannot create the output folder: --output=@/file/a, found=not a folder
            bench --output @/full                           | output folder is not empty: --output=@/full, expected=
            bench --output @/new/LONG                       | cannot create the output folder: --output=@/new/LONG, found=
            verify @/none @/full                            | no such run: file=@/none, expected=
            verify @/full @/full                            | no such run: file=@/full/metrics.jsonl, expected=
            verify @/LONG @/full                            | cannot read results: file=@/LONG, found=File name too long
            verify @/file/a @/full                          | cannot read results: file=@/file/a, found=not a folder
            verify @/damaged/round-000001.checkpoint @/full | nothing to compare: file=@/damaged/round-000001.checkpoint, rounds=0
            """)
    void shouldNameUnusableValuesAndChangeNothing(String line, String message) throws IOException {
        List<String> before = tree();
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();

        int exit = Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(here(line).split(" "));

        assertThat(err.toString()).startsWith("blazefl4j " + line.split(" ")[0] + ": " + here(message));
        assertThat(exit).isEqualTo(ExitCode.USAGE);
        assertThat(out.toString()).isEmpty();
        assertThat(tree()).isEqualTo(before);
    }

    private String here(String text) {
        return text.replace("LONG", LONG).replace("@", folder.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"run --output", "run --checkpoint-dir", "run --data-dir", "run --cache-dir", "bench --output"})
    void shouldRefuseAPathWithoutAName(String option) {
        StringWriter err = new StringWriter();
        String[] words = option.split(" ");

        int exit = Main.commandLine().setErr(new PrintWriter(err)).execute(words[0], words[1], " ");

        assertThat(exit).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .startsWith("blazefl4j " + words[0] + ": Invalid value for option '" + words[1])
                .contains("value=' ', expected=a path; give one, or omit the option\n");
    }
}
