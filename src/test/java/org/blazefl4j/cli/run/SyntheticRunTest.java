package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.blazefl4j.cli.Main;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.data.SyntheticData;
import org.blazefl4j.data.file.FileData;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.ResourceStack;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs on generated samples. */
final class SyntheticRunTest {

    private static final String[] NATURAL = {
        "--dataset=synthetic:alpha=0.5,beta=2,clients=10,seed=3",
        "--partition=natural",
        "--model-name=logistic",
        "--lr=0.05",
        "--batch-size=50",
        "--client-evaluation=last"
    };

    @Test
    void shouldGiveEachClientTheSamplesThatWereGeneratedForIt() {
        RunOptions options = SmallRun.of(1, NATURAL);
        try (ResourceStack resources = new ResourceStack();
                PointerScope scope = new PointerScope();
                SyntheticData made = SyntheticData.of(0.5, 2, 10, 3)) {
            FileData read = resources.add(options.data.source.read());
            var data = options.partitions(read.samples(), resources);

            for (int cid = 0; cid < 10; cid++) {
                assertThat(x(data.getDataset(PartitionType.TRAIN, cid))
                                .equal(rows(made, made.train().get(cid))))
                        .isTrue();
                assertThat(x(data.getDataset(PartitionType.TEST, cid))
                                .equal(rows(made, made.test().get(cid))))
                        .isTrue();
            }
            assertThat(data.size(PartitionType.TEST, null)).isEqualTo(made.allTest().length);
            assertThat(read.samples().name()).isEqualTo("Synthetic(0.5, 2)");
            assertThat(options.toMap())
                    .containsEntry("dataset", "synthetic:alpha=0.5,beta=2,clients=10,seed=3")
                    .containsEntry("partition", "natural");
        }
    }

    private static Tensor x(Dataset samples) {
        long[] all = LongStream.range(0, samples.size()).toArray();
        return samples.select(Tensors.of(all), null).x().flatten(1, -1);
    }

    private static Tensor rows(SyntheticData made, long[] positions) {
        return made.inputs().index_select(0, Tensors.of(positions));
    }

    @Test
    void shouldLearn() {
        try (Federation<?, ?> federation = Federation.open(SmallRun.of(3, NATURAL), Path.of("."), (i, e) -> {})) {
            assertThat(accuracy(federation)).isGreaterThan(0.5);
        }
    }

    private static <D, U> double accuracy(Federation<D, U> federation) {
        new Simulation<>(federation.handler(), federation.trainer()).run();
        return (double)
                federation.handler().getSummary(federation.trainer().workers()).get("accuracy");
    }

    @Test
    void shouldSayHowToTrainOnIt() {
        StringWriter out = new StringWriter();
        assertThat(Main.commandLine().setOut(new PrintWriter(out)).execute("data", "--dataset=synthetic:clients=5"))
                .isZero();

        assertThat(out.toString())
                .startsWith("synthetic:clients=5: generated")
                .contains("--partition=natural --num-clients=5 --model-name=logistic");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--dataset=synthetic:alpha=-1 | value=synthetic:alpha=-1: deviation out of range: alpha=-1.0, limit=0 or more",
                "--dataset=synthetic:clients=0 | number of clients: clients=0, limit=1 or more",
                "--dataset=synthetic:gamma=1 | expected=synthetic:alpha=1,beta=1,clients=30,seed=0 or others of these",
                "--dataset=synthetic --data-dir=x --model-name=logistic | --data-dir has no effect: add a --dataset that is"
                        + " read from files, or omit it",
                "--dataset=synthetic --pixels=unit --model-name=logistic | --pixels has no effect: add a --dataset that is"
                        + " read from files, or omit it",
                "--dataset=synthetic | model of images: --model-name=cnn, --dataset=synthetic, expected=logistic or mlp for"
                        + " rows of numbers; choose one, or a model of your own",
                "--partition=natural | add --data-file, or --dataset synthetic"
            })
    void shouldNameWhatCannotBe(String options, String message) {
        StringWriter err = new StringWriter();
        String[] args = ("run " + options).split(" ");

        assertThat(Main.commandLine().setErr(new PrintWriter(err)).execute(args))
                .as(Arrays.toString(args))
                .isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains(message);
    }

    @Test
    void shouldRefuseMoreSamplesThanAnArrayHolds() {
        RunOptions options = SmallRun.of(1, "--dataset=synthetic:clients=1000000", "--model-name=logistic");

        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(options.data.source::read)
                .withMessageStartingWith("cannot make the data: --dataset=synthetic:clients=1000000: too many samples:"
                        + " clients=1000000, samples=")
                .withMessageEndingWith(", limit=35791393; lower the number of clients");
    }
}
