package org.blazefl4j.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ConfigurationTablesTest {

    private static String of(RunRecord... runs) throws IOException {
        return JSON.std.asString(
                ConfigurationTables.of(List.of(runs)).stream().map(Part::toMap).toList());
    }

    private static RunRecord run(String name, int seed, double lr) {
        return Runs.run(name, 1, Runs.configuration(seed, lr));
    }

    @Test
    void shouldShowTheWholeConfigurationOfOneRun() throws IOException {
        assertThat(of(run("a", 1, 0.1)))
                .contains("[\"algorithm\",\"fedavg\"]", "[\"lr\",\"0.1\"]", "[\"seed\",\"1\"]", "[\"cores\",\"2\"]")
                .doesNotContain("What differs", "started");
    }

    @Test
    void shouldPutWhatDiffersFirst() throws IOException {
        assertThat(of(run("a", 1, 0.1), run("b", 2, 0.5)))
                .contains("\"caption\":\"What differs\"", "[\"setting\",\"a\",\"b\"]", "[\"lr\",\"0.1\",\"0.5\"]")
                .contains("[\"seed\",\"1\",\"2\"]", "\"title\":\"What is the same\"", "[\"algorithm\",\"fedavg\"]");
    }

    @Test
    void shouldHaveARowPerRunIfThereAreMoreRunsThanDifferences() throws IOException {
        RunRecord[] runs =
                IntStream.range(0, 4).mapToObj(i -> run("r" + i, 1, 0.1 + i)).toArray(RunRecord[]::new);

        assertThat(of(runs)).contains("\"head\":[\"setting\",\"lr\"]", "[\"r3\",\"3.1\"]");
    }

    @Test
    void shouldSayThatNothingDiffers() throws IOException {
        assertThat(of(run("a", 1, 0.1), run("b", 1, 0.1))).contains("The configurations are the same.");
        assertThat(of(Runs.run("a", 1, Map.of()))).isEqualTo("[]");
    }
}
