package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.blazefl4j.cli.Main;
import picocli.CommandLine;

/** Whatever options a run has, its experiment file stands for the same ones. */
final class ExperimentTextPropertiesTest {

    private static final List<String> OPTIONS = List.of(
            "--algorithm=fedavg",
            "--algorithm=fedprox:mu=0.5",
            "--algorithm=dsfl",
            "--algorithm=apfl:share=0.25,adaptive=true",
            "--num-clients=7",
            "--sample-ratio=0.3",
            "--seed=-5",
            "--partition=shards",
            "--partition=dirichlet",
            "--partition=classes",
            "--partition=random-classes",
            "--partition=sizes",
            "--partition=log-normal-sizes",
            "--client-sizes=3,2,1.5",
            "--size-sigma=0",
            "--iid-share=0.25",
            "--num-shards=14",
            "--dir-alpha=0.1",
            "--classes-per-client=3",
            "--pixels=unit",
            "--model-name=mlp",
            "--epochs=3",
            "--local-steps=4",
            "--batch-size=7",
            "--last-batch=merge",
            "--lr=1e-5",
            "--local-optimizer=adamw",
            "--momentum=0.5",
            "--weight-decay=0.3",
            "--lr-schedule=exponential:0.9",
            "--lr-schedule=cosine:length=9,floor=0.1,warm-up=2",
            "--local-optimizer=sgd:nesterov=true,keep=true",
            "--stragglers=0.5",
            "--weighting=uniform",
            "--personal=fc2.*,fc1.bias",
            "--server-optimizer=adam:lr=0.1,tau=0.5",
            "--sampler=poisson:rate=0.5",
            "--sampler=over-selected:factor=1.5",
            "--client-models=cnn,mlp",
            "--kd-lr=0.7",
            "--evaluate-clients",
            "--open-size=321",
            "--execution-mode=single-threaded",
            "--num-parallels=3",
            "--device=cuda:1",
            "--device-data-share=0",
            "--device-result-share=1",
            "--step-graphs=required",
            "--retries=2",
            "--on-client-failure=drop",
            "--on-non-finite=retry",
            "--client-time-limit=0.25",
            "--client-evaluation=3",
            "--fine-tune=2",
            "--stop-at=loss=0.5",
            "--patience=accuracy=7",
            "--max-time=12.5",
            "--max-upload=0.01",
            "--stop-on-divergence");

    private record Printed(String text, Map<String, Object> recorded) {}

    private static Printed printed(List<String> args) {
        StringWriter out = new StringWriter();
        CommandLine commands =
                Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(new StringWriter()));
        List<String> line = new ArrayList<>(List.of("run", "--print-config"));
        line.addAll(args);
        Assume.that(commands.execute(line.toArray(String[]::new)) == 0); // others contradict each other
        RunCommand run = commands.getSubcommands().get("run").getCommand();
        return new Printed(out.toString(), run.options.toMap());
    }

    @Provide
    static Arbitrary<Set<String>> options() {
        return Arbitraries.of(OPTIONS).set().ofMaxSize(8);
    }

    @Property(tries = 300)
    void shouldStandForTheSameRun(@ForAll("options") Set<String> options) throws IOException {
        Printed command = printed(List.copyOf(options));
        Path file = Files.createTempFile("experiment", ".toml");
        try {
            Files.writeString(file, command.text());

            assertThat(printed(List.of(file.toString()))).isEqualTo(command);
        } finally {
            Files.delete(file);
        }
    }
}
