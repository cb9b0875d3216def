package org.blazefl4j.cli.run;

import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.blazefl4j.cli.options.PartCatalogue;
import org.blazefl4j.cli.options.PartCatalogue.Part;
import org.blazefl4j.contrib.common.Weighting;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.algorithm.Algorithms;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;

/**
 * A federated algorithm, as chosen by {@code --algorithm}.
 *
 * @param title the name that its authors use
 * @param defaultClients the default number of clients
 * @param parts makes its parts, with clients that weigh as told; null for DS-FL, which is not composed of parts
 */
record AlgorithmName(
        String title, int defaultClients, @Nullable Function<Weighting, UnaryOperator<Federation>> parts) {

    /** Clients of DS-FL need more images each, because they start from untrained models. */
    private static final AlgorithmName DSFL = new AlgorithmName("DS-FL", 20, null);

    private static final PartCatalogue<AlgorithmName> ALL = new PartCatalogue<AlgorithmName>()
            .with("fedavg", set -> composed("FedAvg", federation -> federation))
            .with("fedprox:mu=0.01", set -> composed("FedProx", Algorithms.fedProx(set.number("mu"))))
            .with("fednova", set -> weighted("FedNova", Algorithms::fedNova))
            .with("scaffold", set -> weighted("SCAFFOLD", weighting -> Algorithms.scaffold(1, weighting)))
            .with("dsfl", set -> DSFL);

    static final Part<AlgorithmName> FEDAVG = ALL.parse("fedavg");

    private static AlgorithmName composed(String title, UnaryOperator<Federation> parts) {
        return weighted(title, weighting -> parts);
    }

    private static AlgorithmName weighted(String title, Function<Weighting, UnaryOperator<Federation>> parts) {
        return new AlgorithmName(title, 100, parts);
    }

    boolean isDsfl() {
        return parts == null;
    }

    /** Converts {@code fedprox:mu=0.1}. */
    static final class Converter implements ITypeConverter<Part<AlgorithmName>> {
        @Override
        public Part<AlgorithmName> convert(String text) {
            return ALL.parse(text);
        }
    }
}
