package org.blazefl4j.cli.run;

import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.blazefl4j.cli.options.PartCatalogue;
import org.blazefl4j.cli.options.PartCatalogue.Part;
import org.blazefl4j.cli.options.PartCatalogue.Settings;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.ParameterMask;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.federation.algorithm.Algorithms;
import org.blazefl4j.federation.algorithm.PersonalAlgorithms;
import org.blazefl4j.util.Arguments;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;

/**
 * A federated algorithm, as chosen by {@code --algorithm}.
 *
 * @param title the name that its authors use
 * @param defaultClients the default number of clients
 * @param fineTune the epochs that clients train before they are evaluated, unless told otherwise
 * @param parts makes its parts, with clients that weigh as told; null for DS-FL, which is not composed of parts
 */
record AlgorithmName(
        String title,
        int defaultClients,
        int fineTune,
        @Nullable Function<Weighting, UnaryOperator<Federation>> parts) {

    /** Clients of DS-FL need more images each, because they start from untrained models. */
    private static final AlgorithmName DSFL = new AlgorithmName("DS-FL", 20, 0, null);

    static final PartCatalogue<AlgorithmName> ALL = new PartCatalogue<AlgorithmName>()
            .with("fedavg", set -> composed("FedAvg", federation -> federation))
            .with("fedprox:mu=0.01", set -> composed("FedProx", Algorithms.fedProx(set.number("mu"))))
            .with("fednova", set -> weighted("FedNova", Algorithms::fedNova))
            .with("scaffold:option=2", set -> weighted("SCAFFOLD", scaffold(set.count("option"))))
            .with("feddyn:alpha=0.01", set -> composed("FedDyn", Algorithms.fedDyn(set.number("alpha"))))
            .with("moon:mu=1,temperature=0.5", set -> moon(set.number("mu"), set.number("temperature")))
            .with("qfedavg:q=1", set -> composed("q-FedAvg", Algorithms.qFedAvg(set.number("q"))))
            .with("ifca:clusters=2", set -> ifca(set.count("clusters")))
            .with("fedbn", set -> composed("FedBN", PersonalAlgorithms.fedBn()))
            .with("fedper:layers=1", set -> composed("FedPer", PersonalAlgorithms.fedPer(last(set))))
            .with("lg-fedavg:layers=1", set -> composed("LG-FedAvg", PersonalAlgorithms.lgFedAvg(first(set))))
            .with("fedrep:layers=1,head-epochs=10", set -> fedRep(last(set), set.count("head-epochs")))
            .with("fedbabu:layers=1", set -> fedBabu(last(set)))
            .with("ditto:lambda=0.1", set -> composed("Ditto", PersonalAlgorithms.ditto(set.number("lambda"))))
            .with("apfl:share=0.5,adaptive=false", set -> apfl(set.number("share"), set.flag("adaptive")))
            .with("pfedme:lambda=15,steps=5,rate=0.01", set -> composed("pFedMe", pFedMe(set)))
            .with("per-fedavg:alpha=0.01,delta=0", set -> perFedAvg(set.number("alpha"), set.number("delta")))
            .with("dsfl", set -> DSFL);

    static final Part<AlgorithmName> FEDAVG = ALL.parse("fedavg");

    private static AlgorithmName composed(String title, UnaryOperator<Federation> parts) {
        return weighted(title, weighting -> parts);
    }

    private static AlgorithmName weighted(String title, Function<Weighting, UnaryOperator<Federation>> parts) {
        return new AlgorithmName(title, 100, 0, parts);
    }

    private static Function<Weighting, UnaryOperator<Federation>> scaffold(int option) {
        Arguments.require(
                option == 1 || option == 2, "no such option of SCAFFOLD: option=" + option + ", expected=1 or 2");
        return weighting ->
                option == 1 ? Algorithms.scaffoldWithFullGradients(1, weighting) : Algorithms.scaffold(1, weighting);
    }

    private static AlgorithmName moon(double mu, double temperature) {
        return composed("MOON", Algorithms.moon(mu, temperature));
    }

    private static AlgorithmName ifca(int clusters) {
        return weighted("IFCA", weighting -> Algorithms.ifca(clusters, weighting));
    }

    private static AlgorithmName fedRep(ParameterMask head, int headEpochs) {
        return composed("FedRep", PersonalAlgorithms.fedRep(head, headEpochs));
    }

    /** Nobody has trained the head before clients do. */
    private static AlgorithmName fedBabu(ParameterMask head) {
        return new AlgorithmName("FedBABU", 100, 5, weighting -> PersonalAlgorithms.fedBabu(head));
    }

    private static AlgorithmName apfl(double share, boolean adaptive) {
        return composed("APFL", PersonalAlgorithms.apfl(share, adaptive));
    }

    private static UnaryOperator<Federation> pFedMe(Settings set) {
        return PersonalAlgorithms.pFedMe(set.number("lambda"), set.count("steps"), set.number("rate"), 1);
    }

    private static AlgorithmName perFedAvg(double alpha, double delta) {
        return composed("Per-FedAvg", PersonalAlgorithms.perFedAvg(alpha, delta));
    }

    private static ParameterMask first(Settings set) {
        return ParameterMask.firstLayers(set.count("layers"));
    }

    private static ParameterMask last(Settings set) {
        return ParameterMask.lastLayers(set.count("layers"));
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
