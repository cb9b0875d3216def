package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.FederationRuns;
import org.blazefl4j.federation.ServerOptimizer;
import org.blazefl4j.federation.Weighting;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every name on the command line stands for an algorithm that runs. */
final class AlgorithmNameTest {

    static List<String> algorithms() {
        return AlgorithmName.ALL.names().stream()
                .filter(name -> !name.equals("dsfl"))
                .toList();
    }

    private static Federation composed(String text, TinyData data) {
        AlgorithmName algorithm = AlgorithmName.ALL.parse(text).value();
        return FederationRuns.fedAvg(Tiny.CONVOLUTION, data, 2)
                .with(Objects.requireNonNull(algorithm.parts()).apply(Weighting.BY_SAMPLES));
    }

    @ParameterizedTest
    @MethodSource("algorithms")
    void shouldRunWithItsDefaultSettings(String name) {
        try (TinyData data = TinyData.evenly(60, FederationRuns.CLIENTS)) {
            List<String> hashes = FederationRuns.hashes(composed(name, data));
            assertThat(hashes).doesNotHaveDuplicates();
            boolean asFedAvg = hashes.equals(FederationRuns.hashes(composed("fedavg", data)));
            assertThat(asFedAvg)
                    .isEqualTo(Stream.of("fedavg", "fednova", "ditto", "apfl").anyMatch(name::equals));
        }
    }

    static List<String> optimizers() {
        return Composition.OptimizerConverter.ALL.names();
    }

    @ParameterizedTest
    @MethodSource("optimizers")
    void shouldMakeServerOptimizers(String name) {
        ServerOptimizer optimizer =
                Composition.OptimizerConverter.ALL.parse(name).value();
        assertThat(optimizer.equals(ServerOptimizer.REPLACE)).isEqualTo(name.equals("sgd"));
    }
}
