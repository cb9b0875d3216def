package org.blazefl4j.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.blazefl4j.metrics.ConsoleMetrics;
import org.blazefl4j.metrics.CsvMetrics;
import org.blazefl4j.metrics.JsonLinesMetrics;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OwnColumnsTest {

    private final OwnColumns columns = new OwnColumns();

    private static RoundReport report(int round) {
        return new RoundReport(round, List.of(1), List.of(), 0, List.of(), Map.of("accuracy", 0.5), PhaseTimes.NONE);
    }

    @Test
    void shouldFollowTheHandlersSummary() {
        columns.add(report -> Map.of("rate", 0.1 * report.round()));
        columns.add(report -> Map.of("spread", Double.NaN));

        assertThat(columns.addTo(report(0)).summary().keySet()).containsExactly("accuracy", "rate", "spread");
        assertThat(columns.addTo(report(1)).summary())
                .containsEntry("accuracy", 0.5)
                .containsEntry("rate", 0.1)
                .containsEntry("spread", Double.NaN);
    }

    @Test
    void shouldReachConsoleAndResultFiles(@TempDir Path folder) throws IOException {
        columns.add(report -> Map.of("rate", 0.25, "own_seconds", Double.NaN));
        RoundReport report = columns.addTo(report(0));
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (CsvMetrics csv = new CsvMetrics(folder.resolve("csv"));
                JsonLinesMetrics json = new JsonLinesMetrics(folder.resolve("json"));
                ConsoleMetrics console = new ConsoleMetrics(new PrintStream(printed, false, UTF_8), 3)) {
            for (RoundListener<Object> listener : List.of(csv, json, console)) {
                listener.roundFinished(report);
            }
        }

        List<String> rows = Files.readAllLines(folder.resolve("csv"));
        List<String> names = List.of(rows.get(0).split(","));
        assertThat(rows.get(1).split(",")[names.indexOf("rate")]).isEqualTo("0.25");
        assertThat(Files.readString(folder.resolve("json"))).contains("\"rate\":0.25", "\"own_seconds\":\"NaN\"");
        assertThat(printed.toString(UTF_8)).contains("rate 0.2500").contains("own_seconds NaN");
        assertThat(names)
                .as("every column of a result file is reserved")
                .containsAll(taken())
                .hasSize(taken().size() + 3);
    }

    private static Set<String> taken() {
        Set<String> taken = new HashSet<>(OwnColumns.TAKEN);
        taken.remove("type"); // only in JSON
        return taken;
    }

    @ParameterizedTest
    @ValueSource(strings = {"accuracy", "round", "clients", "total_seconds", "type", " "})
    void shouldRefuseANameThatIsTaken(String name) {
        columns.add(report -> Map.of(name, 1));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> columns.addTo(report(0)))
                .withMessage(
                        "column's name is taken: column=" + name
                                + ", expected=one that neither the handler's summary nor every result file has; choose another");
    }

    @Test
    void shouldRefuseTheSameNameTwice() {
        columns.add(report -> Map.of("rate", 1));
        columns.add(report -> Map.of("rate", 2));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> columns.addTo(report(0)))
                .withMessage("column's name is taken: column=rate, expected=each column once; choose another");
    }

    @Test
    void shouldRefuseOtherColumnsThanInTheFirstRound() {
        columns.add(report -> report.round() == 0 ? Map.of("rate", 1, "spread", 2) : Map.of("rate", 1));
        columns.addTo(report(0));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> columns.addTo(report(1)))
                .withMessage(
                        "columns changed: round=2, columns=[rate], expected=[rate, spread] as in the first round; give"
                                + " NaN where there is no figure");
    }

    @Test
    void shouldRefuseValuesThatResultFilesCannotHold() {
        columns.add(report -> Map.of("rate", List.of()));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> columns.addTo(report(0)))
                .withMessage(
                        "column without a figure: column=rate, value=[], expected=a number, a text or a boolean; give"
                                + " NaN where there is none");
    }
}
