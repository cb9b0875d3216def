package org.blazefl4j.cli.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import org.blazefl4j.cli.options.PartCatalogue;
import org.blazefl4j.cli.options.PartCatalogue.Part;
import org.blazefl4j.cli.options.PartCatalogue.Settings;
import org.blazefl4j.federation.ClientSampler;
import org.blazefl4j.federation.sampling.Samplers;
import org.blazefl4j.util.Sha256;
import picocli.CommandLine.ITypeConverter;

/** A choice of clients, as chosen by {@code --sampler}. */
@FunctionalInterface
interface SamplerName {

    /** Makes the sampler of a run with a seed. */
    ClientSampler make(long seed);

    /** Returns what is recorded besides the settings. */
    default Map<String, Object> recorded() {
        return Map.of();
    }

    /** A sampler with a trace file, whose content is recorded. */
    record Traced(ClientSampler sampler, Path file, String sha256) implements SamplerName {

        @Override
        public ClientSampler make(long seed) {
            return sampler;
        }

        @Override
        public Map<String, Object> recorded() {
            return Map.of("trace_sha256", sha256);
        }
    }

    /** Converts {@code poisson:rate=0.1}. */
    final class Converter implements ITypeConverter<Part<SamplerName>> {

        private static final PartCatalogue<SamplerName> ALL = new PartCatalogue<SamplerName>()
                .with("uniform", set -> seed -> Samplers.uniform())
                .with("weighted", set -> seed -> Samplers.weighted())
                .with("round-robin", set -> seed -> Samplers.roundRobin())
                .with("poisson:rate=0.1", set -> fixed(Samplers.poisson(set.number("rate"))))
                .with("separated:rounds=2", set -> fixed(Samplers.separated(set.count("rounds"), Samplers.uniform())))
                .with("available:trace=FILE", set -> available(Path.of(set.text("trace"))))
                .with(
                        "on-off:off=0.1,on=0.1",
                        set -> fixed(Samplers.onOff(set.number("off"), set.number("on"), Samplers.uniform())))
                .with("power-of-choice:candidates=20", set -> fixed(Samplers.powerOfChoice(set.count("candidates"))))
                .with("last-loss:candidates=20", set -> fixed(Samplers.lastLoss(set.count("candidates"))))
                .with("oort:spread=0.5", set -> timed(set, Samplers::oort))
                .with("over-selected:factor=1.3,spread=0.5", Converter::overSelected);

        private static SamplerName fixed(ClientSampler sampler) {
            return seed -> sampler;
        }

        private static SamplerName available(Path trace) {
            try {
                return new Traced(
                        Samplers.available(trace, Samplers.uniform()), trace, Sha256.hex(Files.readAllBytes(trace)));
            } catch (UncheckedIOException | IOException e) {
                throw new IllegalArgumentException(e.getMessage(), e);
            }
        }

        private static SamplerName overSelected(Settings set) {
            double factor = set.number("factor");
            return timed(set, seconds -> Samplers.overSelected(factor, seconds, Samplers.uniform()));
        }

        private interface Timed {
            ClientSampler by(IntToDoubleFunction seconds);
        }

        /** Makes it once at once, so that bad settings are refused. */
        private static SamplerName timed(Settings set, Timed sampler) {
            double spread = set.number("spread");
            SamplerName name = seed -> sampler.by(Samplers.logNormalSeconds(seed, spread));
            name.make(0);
            return name;
        }

        @Override
        public Part<SamplerName> convert(String text) {
            return ALL.parse(text);
        }
    }
}
