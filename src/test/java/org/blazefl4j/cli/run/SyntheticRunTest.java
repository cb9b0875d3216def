package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.blazefl4j.cli.Main;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.data.ImageData;
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

    /** Owners are in the order of their names, so the last ones would always be unseen. */
    @Test
    void shouldDrawBySeedWhichOwnersAreUnseen() {
        Set<List<Integer>> unseen = new HashSet<>();
        for (int seed = 0; seed < 10; seed++) {
            List<Integer> order = ownersByClient(seed);
            assertThat(order)
                    .isEqualTo(ownersByClient(seed))
                    .containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
            assertThat(order.subList(0, 10)).isSorted();
            unseen.add(order.subList(10, 12));
        }
        assertThat(unseen).hasSizeGreaterThan(4);
    }

    private static List<Integer> ownersByClient(int seed) {
        String[] options = NATURAL.clone();
        options[0] = "--dataset=synthetic:clients=12";
        RunOptions run = SmallRun.of(
                1,
                Stream.concat(Arrays.stream(options), Stream.of("--unseen-clients=2", "--seed=" + seed))
                        .toArray(String[]::new));
        try (ImageData images = run.data.read()) {
            long[] owners = run.data.source.owners();
            return run.parts(images).stream()
                    .map(part -> (int) owners[(int) part[0]])
                    .toList();
        }
    }

    @Test
    void shouldNameClientsAndUnseenOnesThatOwnersAreTooFewFor() {
        String[] options = NATURAL.clone();
        options[0] = "--dataset=synthetic:clients=11";
        RunOptions run = SmallRun.of(
                1,
                Stream.concat(Arrays.stream(options), Stream.of("--unseen-clients=2"))
                        .toArray(String[]::new));

        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> Federation.open(run, Path.of("."), (images, engines) -> {}))
                .withMessage("number of clients: --num-clients=10, limit=1 to 11 (the number of owners); change"
                        + " --num-clients; --unseen-clients=2 count too, so there are 12 clients");
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
                "--client-evaluation=last --unseen-clients=2147483647 | too many clients: --unseen-clients=2147483647,"
                        + " --num-clients=100, limit=2147483647 of both together; lower them",
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
    void shouldNameTheMostClients() {
        RunOptions options = SmallRun.of(1, "--dataset=synthetic:clients=2147483647", "--model-name=logistic");

        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(options.data.source::read)
                .withMessage("cannot make the data: --dataset=synthetic:clients=2147483647: number of clients:"
                        + " clients=2147483647, limit=1 to 715827 (each has at least 50 samples); change it");
    }

    @Test
    void shouldRefuseMoreSamplesThanAnArrayHolds() {
        RunOptions options = SmallRun.of(1, "--dataset=synthetic:clients=500000", "--model-name=logistic");

        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(options.data.source::read)
                .withMessageStartingWith("cannot make the data: --dataset=synthetic:clients=500000: too many samples:"
                        + " clients=500000, samples=")
                .withMessageEndingWith(", limit=35791393; lower the number of clients");
    }
}
