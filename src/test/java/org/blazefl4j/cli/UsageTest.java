package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.stream.Stream;
import org.blazefl4j.cli.options.ExitCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Tests what the command line prints without running anything. */
final class UsageTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int blazefl4j(String line) {
        CommandLine commands = Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return commands.execute(line.isEmpty() ? new String[0] : line.split(" "));
    }

    static Stream<Arguments> refusals() {
        String count = ", expected=a whole number from 1 to 2147483647";
        return Stream.of(
                Arguments.of("--num-clients 0", "'--num-clients': value=0" + count),
                Arguments.of("--num-clients 2.5", "'--num-clients': value=2.5" + count),
                Arguments.of("--num-clients 99999999999", "'--num-clients': value=99999999999" + count),
                Arguments.of("--global-round -1", "'--global-round': value=-1" + count),
                Arguments.of("--epochs five", "'--epochs': value=five" + count),
                Arguments.of("--batch-size 0", "'--batch-size': value=0" + count),
                Arguments.of("--num-parallels 0", "'--num-parallels': value=0, expected=a whole number from 1 to 4096"),
                Arguments.of("--num-parallels 4097", "value=4097, expected=a whole number from 1 to 4096"),
                Arguments.of("--device-data-share 1.5", "value=1.5, expected=a number from 0 to 1"),
                Arguments.of("--device-result-share -1", "value=-1, expected=a number from 0 to 1"),
                Arguments.of("--step-graphs always", "value=always, expected=off, auto, required"),
                Arguments.of("--rounds 0", "'--global-round': value=0" + count),
                Arguments.of("--num-shards x", "'--num-shards': value=x" + count),
                Arguments.of("--sample-ratio 0", "'--sample-ratio': value=0, expected=a number above 0 and at most 1"),
                Arguments.of(
                        "--sample-ratio 1.01", "'--sample-ratio': value=1.01, expected=a number above 0 and at most 1"),
                Arguments.of(
                        "--sample-ratio NaN", "'--sample-ratio': value=NaN, expected=a number above 0 and at most 1"),
                Arguments.of(
                        "--memory-format nhwc",
                        "'--memory-format': value=nhwc, expected=auto, contiguous, channels_last"),
                Arguments.of("--autocast half", "'--autocast': value=half, expected=off, bfloat16"),
                Arguments.of("--engine cuda", "'--engine': value=cuda, expected=auto, libtorch, native"),
                Arguments.of(
                        "--mlflow=sqlite:///mlflow.db",
                        "'--mlflow': value=sqlite:///mlflow.db, expected=the address of a server, such as"
                                + " --mlflow=http://127.0.0.1:5000; name other arguments before --mlflow"),
                Arguments.of(
                        "--mlflow=databricks://me:s3cret@host", "'--mlflow': value=databricks://***@host, expected="),
                Arguments.of("--mlflow=http://me:s3cret@ho^st:5000/", "'--mlflow': value=http://***@ho^st:5000/, "),
                Arguments.of("--mlflow study.toml", "'--mlflow': value=study.toml, expected=the address of a server, "),
                Arguments.of("--mlflow-experiment a", "--mlflow-experiment has no effect: add --mlflow, or omit it"),
                Arguments.of("--lr 0", "'--lr': value=0, expected=a number above 0 and at most 3.4028235E38"),
                Arguments.of(
                        "--dir-alpha 1e-7", "'--dir-alpha': value=1e-7, expected=a number from 0.000001 to 1000000"),
                Arguments.of("--dir-alpha 1e7", "'--dir-alpha': value=1e7, expected=a number from 0.000001 to 1000000"),
                Arguments.of(
                        "--seed 9223372036854775808",
                        "'--seed': value=9223372036854775808, expected=a whole number from -9223372036854775808 to"
                                + " 9223372036854775807"),
                Arguments.of("--algorithm fedsgd", "'--algorithm': value=fedsgd, expected=fedavg, fedprox, "),
                Arguments.of(
                        "--algorithm fedprox:nu=1",
                        "'--algorithm': value=fedprox:nu=1, expected=fedprox:mu=0.01 or others of these settings"),
                Arguments.of(
                        "--algorithm fedprox:mu=x",
                        "'--algorithm': value=fedprox:mu=x, expected=fedprox:mu=0.01 or others of these settings"),
                Arguments.of(
                        "--algorithm fedprox:mu=-1",
                        "'--algorithm': value=fedprox:mu=-1: proximal strength out of range: mu=-1.0, limit=0 or more"
                                + " and finite"),
                Arguments.of(
                        "--algorithm fedavg:mu=1",
                        "'--algorithm': value=fedavg:mu=1, expected=fedavg without settings"),
                Arguments.of(
                        "--algorithm dsfl --weighting uniform",
                        "--weighting has no effect: add another --algorithm than dsfl, or omit it"),
                Arguments.of("--local-optimizer lion", "'--local-optimizer': value=lion, expected=sgd, adam, adamw"),
                Arguments.of(
                        "--weight-decay 0",
                        "'--weight-decay': value=0, expected=a number above 0 and at most 3.4028235E38"),
                Arguments.of(
                        "--local-optimizer adam --momentum 0.9",
                        "--momentum has no effect: add --local-optimizer sgd, or omit it"),
                Arguments.of(
                        "--local-steps 9 --epochs 5",
                        "--epochs has no effect: add it without --local-steps, or omit it"),
                Arguments.of(
                        "--algorithm dsfl --local-steps 9",
                        "--local-steps has no effect: add another --algorithm than dsfl, or omit it"),
                Arguments.of(
                        "--lr-schedule linear",
                        "'--lr-schedule': value=linear, expected=constant, cosine, exponential, step"),
                Arguments.of("--lr-schedule step:0:0.5", "schedule too short: length=0, warm_up=0, limit=1 or more"),
                Arguments.of(
                        "--lr-schedule exponential:1.5", "factor of the schedule out of range: factor=1.5, limit="),
                Arguments.of("--kd-lr 1", "--kd-lr has no effect: add --algorithm dsfl, or omit it"),
                Arguments.of(
                        "--algorithm dsfl --sample-ratio 0.04",
                        "sample too small: --sample-ratio=0.04 of --num-clients=20, expected=at least one client a round"),
                Arguments.of(
                        "--algorithm dsfl --open-size 0",
                        "'--open-size': value=0, expected=a whole number from 1 to 2147483647"),
                Arguments.of(
                        "--algorithm dsfl --client-models cnn,vgg",
                        "'--client-models' (NAME): value=vgg, expected=cnn, mcmahan, lenet, mlp, logistic, resnet18, resnet50, resnet101"),
                Arguments.of(
                        "--model-name vgg",
                        "'--model-name': value=vgg, expected=cnn, mcmahan, lenet, mlp, logistic, resnet18, resnet50, resnet101"),
                Arguments.of(
                        "--partition even",
                        "'--partition': value=even, expected=iid, shards, dirichlet, capped-dirichlet, balanced-dirichlet, classes"),
                Arguments.of(
                        "--execution-mode fast",
                        "'--execution-mode': value=fast, expected=single-threaded, multi-threaded, multi-process"),
                Arguments.of(
                        "--dataset svhn", "'--dataset': value=svhn, expected=fashion-mnist, mnist, cifar10, cifar100"),
                Arguments.of(
                        "--device gpu", "'--device': unknown device: device=gpu, expected=cpu, cuda or cuda:<index>"),
                Arguments.of("--retries -1", "'--retries': value=-1, expected=a whole number from 0 to 255"),
                Arguments.of("--retries 256", "'--retries': value=256, expected=a whole number from 0 to 255"),
                Arguments.of("--on-client-failure retry", "'--on-client-failure': value=retry, expected=fail, drop"),
                Arguments.of(
                        "--client-time-limit 0",
                        "'--client-time-limit': value=0, expected=a number of seconds from 0.001 to 31536000"),
                Arguments.of(
                        "--client-evaluation 0",
                        "'--client-evaluation': value=0, expected=last, or a whole number of rounds from 1 to 999999999"),
                Arguments.of("--client-evaluation often", "value=often, expected=last, or a whole number of rounds"),
                Arguments.of(
                        "--unseen-clients 3", "--unseen-clients has no effect: add --client-evaluation, or omit it"),
                Arguments.of("--fine-tune -1", "'--fine-tune': value=-1, expected=a whole number from 0 to 2147483647"),
                Arguments.of("--fine-tune 1", "--fine-tune has no effect: add --client-evaluation, or omit it"),
                Arguments.of("--feature-skew blur", "value=blur, expected=rotation, noise"),
                Arguments.of(
                        "--algorithm dsfl --client-evaluation last",
                        "--client-evaluation evaluates the model of all clients, and those of dsfl have their own: use"
                                + " --evaluate-clients instead"),
                Arguments.of(
                        "--stop-at 0.9",
                        "'--stop-at': value=0.9, expected=a figure and a number, such as accuracy=0.9"),
                Arguments.of(
                        "--stop-at nosuch=1",
                        "no such figure: --stop-at=nosuch, expected=one of [accuracy, loss, round]; evaluate clients after"
                                + " each round for theirs"),
                Arguments.of(
                        "--patience client_loss=3 --client-evaluation last",
                        "no such figure: --patience=client_loss, expected=one of [accuracy, loss, round]; evaluate"),
                Arguments.of(
                        "--stop-at client_best=1 --client-evaluation 1",
                        "no such figure: --stop-at=client_best, expected=one of [accuracy, client_accuracy,"),
                Arguments.of(
                        "--algorithm dsfl --evaluate-clients --stop-at client_accuracy_std=1",
                        "expected=one of [accuracy, client_accuracy, client_loss, loss, round]"),
                Arguments.of("--stop-at accuracy=high", "value=accuracy=high, expected=a figure and a number"),
                Arguments.of(
                        "--patience accuracy=0",
                        "'--patience': value=accuracy=0, expected=a figure and a number of evaluations from 1 to 999999999,"
                                + " such as accuracy=20"),
                Arguments.of("--patience loss=1.5", "value=loss=1.5, expected=a figure and a number of evaluations"),
                Arguments.of("--max-time 0", "'--max-time': value=0, expected=a number of seconds"),
                Arguments.of("--sampler poison", "'--sampler': value=poison, expected=uniform, weighted, round-robin"),
                Arguments.of(
                        "--sampler poisson:q=0.1",
                        "value=poisson:q=0.1, expected=poisson:rate=0.1 or others of these settings"),
                Arguments.of(
                        "--sampler poisson:rate=2",
                        "'--sampler': value=poisson:rate=2: sampling rate out of range: rate=2.0, limit=above 0 and at"
                                + " most 1"),
                Arguments.of(
                        "--sampler over-selected:factor=0.5",
                        "factor of over-selection out of range: factor=0.5, limit=1 or more and finite"),
                Arguments.of("--sampler available:trace=/none.csv", "cannot read availability trace: file=/none.csv"),
                Arguments.of(
                        "--sampler poisson --sample-ratio 0.1",
                        "--sample-ratio has no effect: add another --sampler than poisson, or omit it"),
                Arguments.of(
                        "--algorithm dsfl --sampler weighted",
                        "--sampler has no effect: add another --algorithm than dsfl, or omit it"),
                Arguments.of("--num-clints 3", "Unknown option: '--num-clints'"),
                Arguments.of("--resume", "--resume has no effect: add --checkpoint-dir, or omit it"),
                Arguments.of(
                        "--checkpoint-every 2", "--checkpoint-every has no effect: add --checkpoint-dir, or omit it"),
                Arguments.of(
                        "--checkpoint-dir c --checkpoint-keep 0",
                        "'--checkpoint-keep': value=0, expected=a whole number from 1"),
                Arguments.of("--num-shards 10", "--num-shards has no effect: add --partition shards, or omit it"),
                Arguments.of(
                        "--partition shards --dir-alpha 1",
                        "--dir-alpha has no effect: add --partition dirichlet, capped-dirichlet, balanced-dirichlet or dirichlet-sizes, or omit it"),
                Arguments.of(
                        "--partition shards --classes-per-client 3",
                        "--classes-per-client has no effect: add --partition classes, consecutive-classes or random-classes, or omit it"),
                Arguments.of(
                        "--dataset cifar10",
                        "data folder missing: --dataset=cifar10, --data-dir=none, expected=a folder with the data set's files"),
                Arguments.of(
                        "--num-clients 10 --sample-ratio 0.05",
                        "sample too small: --sample-ratio=0.05 of --num-clients=10, expected=at least one client a round"));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void shouldNameTheOptionAndItsRange(String options, String refusal) {
        assertThat(blazefl4j("run " + options)).isEqualTo(ExitCode.USAGE);

        assertThat(err.toString())
                .startsWith("blazefl4j run: ")
                .contains(refusal)
                .endsWith("Try 'blazefl4j run --help'." + System.lineSeparator());
        assertThat(out.toString()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "scaffold --proximal-mu 0.1, --proximal-mu does not go with SCAFFOLD",
        "fedprox --proximal-mu 0.1, --proximal-mu does not go with FedProx"
    })
    void shouldRefusePartsThatTheAlgorithmHas(String options, String refusal) {
        assertThat(blazefl4j("run --algorithm " + options)).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains(refusal + ", which has its own; omit it");
    }

    @Test
    void shouldRefuseAnUnusableCacheFolder() {
        assertThat(blazefl4j("run --cache-dir /proc/none")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString().lines())
                .first()
                .isEqualTo("blazefl4j run: cache folder cannot be used: --cache-dir=/proc/none,"
                        + " found=not found: /proc/none; choose another folder, or omit the option");
    }

    @Test
    void shouldSuggestSimilarNames() {
        assertThat(blazefl4j("rum")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("blazefl4j run");
        blazefl4j("run --num-clints=3");
        assertThat(err.toString()).contains("--num-clients");
    }

    @ParameterizedTest
    @CsvSource({
        "run --learning-rate 0.5, --lr, --learning-rate",
        "run --local_epochs=3, --epochs, --local_epochs",
        "run --clients 3, --num-clients, --clients",
        "run -fraction 0.1, --sample-ratio, -fraction",
        "bench --num-clients 3, --clients, --num-clients"
    })
    void shouldSuggestNamesForThoseOfOtherSimulators(String line, String ours, String theirs) {
        assertThat(blazefl4j(line)).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString().lines()).contains("Did you mean " + ours + " for " + theirs + "?");
    }

    /** A repeated option leaves the other options of its group as they are. */
    @ParameterizedTest
    @CsvSource({
        "run --sample-ratio=0.5 --num-clients 10 --seed 1 --sample-ratio 0.05",
        "run --num-clients 20 --sample-ratio 0.05 --num-clients 10"
    })
    void shouldUseTheLastValueOfARepeatedOption(String line) {
        assertThat(blazefl4j(line)).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("sample too small: --sample-ratio=0.05 of --num-clients=10, expected=");
    }

    @ParameterizedTest
    @CsvSource({
        "run --execution-mode single-threaded --num-parallels 2 --sample-ratio 0.001, --num-parallels, single-threaded",
        "run --execution-mode multi-threaded --cache-dir c --sample-ratio 0.001, --cache-dir, multi-threaded",
        "bench --execution-mode single-threaded --workers 2 --rounds 2147483647, --workers, single-threaded"
    })
    void shouldOnlyNoteUnusedOptionsThatAffectSpeedAlone(String line, String option, String mode) {
        blazefl4j(line);
        assertThat(err.toString().lines())
                .startsWith("note: " + option + " has no effect with --execution-mode " + mode)
                .noneMatch(text -> text.contains(option + " has no effect: "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--device-data-share 0.5", "--device-result-share 0", "--step-graphs required"})
    void shouldNoteOptionsOfDevicesWithoutADevice(String option) {
        blazefl4j("run --sample-ratio 0.001 " + option);
        assertThat(err.toString().lines())
                .startsWith("note: " + option.split(" ")[0] + " has no effect with --device cpu");
    }

    @Test
    void shouldAskForACommand() {
        assertThat(blazefl4j("")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .startsWith("blazefl4j: no command: expected=run, ")
                .contains(" or doctor");
    }

    @ParameterizedTest
    @ValueSource(strings = {"train", "--num-clients 10", "--num-clients=10"})
    void shouldAskForACommandInsteadOfAnotherWord(String line) {
        assertThat(blazefl4j(line)).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .startsWith("blazefl4j: no such command: command=" + line.split(" ")[0] + ", expected=run, ")
                .contains(" or doctor; give one, then its options");
    }

    @Test
    void shouldPrintItsVersion() {
        assertThat(blazefl4j("--version")).isZero();
        assertThat(out.toString())
                .matches("(?s)BlazeFL4J \\d+\\.\\d+\\.\\d+\\S*\\RJava "
                        + Runtime.version().feature() + ".*");
    }

    @Test
    void shouldPrintHelp() {
        assertThat(blazefl4j("--help")).isZero();
        assertThat(out.toString()).contains("run", "doctor", "Examples");
    }

    @Test
    void shouldExplainEveryOptionOfRunWithItsDefault() {
        assertThat(blazefl4j("run --help")).isZero();

        String help = out.toString();
        assertThat(help.lines()).allMatch(line -> line.length() <= 80);
        assertThat(help.replaceAll("\\s+", " "))
                .contains("Federation", "Data", "Local training", "Execution", "Results", "Examples")
                .containsPattern("129 +Ended by SIGHUP")
                .containsPattern("130 +Ended by Ctrl-C")
                .contains(
                        "--num-clients=N",
                        "Default: 100; 20 with dsfl.",
                        "--global-round=N",
                        "Default: 15.",
                        "Default: cnn.")
                .contains("Default: iid.", "Default: 0.1.", "Default: 5.", "Default: 50.", "Default: 42.")
                .contains("the others as --epochs or --local-steps say")
                .contains("Default: fashion-mnist.", "Default: cpu.", "--output=DIR", "--verbose");
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "sweep", "bench", "verify", "doctor"})
    void shouldDescribeEveryOption(String command) {
        assertThat(Main.commandLine()
                        .getSubcommands()
                        .get(command)
                        .getCommandSpec()
                        .options())
                .allSatisfy(option -> assertThat(option.description()).isNotEmpty());
    }

    static Stream<Arguments> benchRefusals() {
        String count = ", expected=a whole number from 1 to 2147483647";
        return Stream.of(
                Arguments.of("--work nothing", "'--work' (WORK): value=nothing, expected=empty, training"),
                Arguments.of("--floats 10,0", "'--floats' (N): value=0" + count),
                Arguments.of("--clients ten", "'--clients' (N): value=ten" + count),
                Arguments.of("--workers 1,-2", "'--workers' (N): value=-2, expected=a whole number from 1 to 4096"),
                Arguments.of("--global-round 0", "'--global-round': value=0" + count),
                Arguments.of("--warm-up -1", "'--warm-up': value=-1, expected=a whole number from 0 to 2147483647"),
                Arguments.of("--time-limit 0", "'--time-limit': value=0, expected=a number of seconds from 0.001"),
                Arguments.of(
                        "--model-name vgg",
                        "'--model-name' (NAME): value=vgg, expected=cnn, mcmahan, lenet, mlp, logistic, resnet18, resnet50, resnet101"),
                Arguments.of(
                        "--rounds 2147483647",
                        "too many rounds: --rounds=2147483647, --warm-up=20, limit=2147483647 in total"),
                Arguments.of("--work training --floats 10", "--floats has no effect: add --work empty, or omit it"),
                Arguments.of(
                        "--work empty --batch-size 10", "--batch-size has no effect: add --work training, or omit it"));
    }

    @ParameterizedTest
    @MethodSource("benchRefusals")
    void shouldNameTheOptionOfBenchAndItsRange(String options, String refusal) {
        assertThat(blazefl4j("bench " + options)).isEqualTo(ExitCode.USAGE);

        assertThat(err.toString())
                .startsWith("blazefl4j bench: ")
                .contains(refusal)
                .endsWith("Try 'blazefl4j bench --help'." + System.lineSeparator());
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void shouldExplainEveryOptionOfBenchWithItsDefault() {
        assertThat(blazefl4j("bench --help")).isZero();

        String help = out.toString();
        assertThat(help.lines()).allMatch(line -> line.length() <= 80);
        assertThat(help.replaceAll("\\s+", " "))
                .containsPattern("130 +Ended by Ctrl-C")
                .contains("--thorough", "--verbose", "--out, --output=DIR", "Examples")
                .contains("Default: empty,training.", "Default: 62006", "Default: 10,100 in empty", "Default: 100;")
                .containsPattern("Default: single-threaded, ?multi-threaded, ?multi-process\\.")
                .contains("Default: 3;", "Default: 20.");
    }
}
