/**
 * A federated-learning simulator on LibTorch: thousands of virtual clients train on one machine, on the calling thread,
 * in threads or in worker processes, with the same bits. What is exported here is the public API.
 *
 * <p>This trains a small network for three rounds, and prints a line after each:
 *
 * <pre>{@code
 * public static void main(String[] args) {
 *     var models = ModelSelector.seeded(42, 1, 28, 28, 10);
 *     try (var images = ImageData.fashionMnist(); // a subset that comes with the library
 *             var data = new InMemoryPartitionedDataset<PartitionType>()) {
 *         var parts = Partitioner.dirichlet(0.5).partition(images.trainLabels(), 20, 42);
 *         data.setClients(PartitionType.TRAIN, images.train(), parts);
 *         data.setDataset(PartitionType.TEST, images.test());
 *         var federation = Federation.of(models, ModelName.CNN, data, ServerOptions.of(3, 20))
 *                 .with(Algorithms.fedProx(0.01));
 *         try (var handler = federation.handler();
 *                 var trainer =
 *                         ExecutionMode.MULTI_PROCESS.trainer(federation.clients(), TrainerOptions.defaults())) {
 *             new Simulation<>(handler, trainer)
 *                     .addListener(new ConsoleMetrics(System.out, 3))
 *                     .run();
 *         }
 *     }
 * }
 * }</pre>
 *
 * <h2>The way through the packages</h2>
 *
 * <ol>
 *   <li>{@link org.blazefl4j.data} reads data sets and divides them among clients; {@link org.blazefl4j.data.file}
 *       reads tables, arrays, LEAF's JSON, text and folders of images.
 *   <li>{@link org.blazefl4j.model} has networks, and {@link org.blazefl4j.model.Model} to write your own;
 *       {@link org.blazefl4j.core.ModelSelector} makes them with the same parameters each time.
 *   <li>{@link org.blazefl4j.federation.Federation} composes an algorithm of parts: those of
 *       {@link org.blazefl4j.federation.algorithm} and {@link org.blazefl4j.federation.sampling}, or yours.
 *       {@link org.blazefl4j.contrib.common} says how servers run and clients train.
 *   <li>{@link org.blazefl4j.trainer} runs the clients. {@link org.blazefl4j.trainer.TrainerOptions} says with how many
 *       workers, on which device, and what becomes of clients that fail.
 *   <li>{@link org.blazefl4j.core.Simulation} runs the rounds, or a loop of yours does
 *       ({@link org.blazefl4j.core.ServerHandler}). {@link org.blazefl4j.core.stop.StopRules} end them early.
 *   <li>{@link org.blazefl4j.metrics} writes results, {@link org.blazefl4j.checkpoint} resumes interrupted runs, and
 *       {@link org.blazefl4j.modelfile} writes models for PyTorch.
 * </ol>
 *
 * <p>For an algorithm from scratch begin with {@link org.blazefl4j.core.ClientAlgorithm} and
 * {@link org.blazefl4j.core.ServerHandler}; {@link org.blazefl4j.torch} and {@link org.blazefl4j.reproducibility} help
 * with flat vectors and random streams.
 *
 * <h2>Rules that hold everywhere</h2>
 *
 * <ul>
 *   <li>Who makes something with a {@code close()} closes it: tensors, data, handlers and trainers hold native memory,
 *       which Java's collector does not see.
 *   <li>Nothing is null unless its type says {@code @Nullable}. Rounds and clients count from 0 in code.
 *   <li>Arguments that cannot be used are refused by an {@link IllegalArgumentException} with name, value and limit.
 * </ul>
 *
 * <h2>Read on</h2>
 *
 * <ul>
 *   <li><a href="https://github.com/blazefl4j/blazefl4j/blob/main/docs/guide.md">Guide</a>, <a
 *       href="https://github.com/blazefl4j/blazefl4j/blob/main/docs/recipes.md">recipes</a> and <a
 *       href="https://github.com/blazefl4j/blazefl4j/blob/main/examples/README.md">examples</a>
 *   <li><a href="https://github.com/blazefl4j/blazefl4j/blob/main/docs/embedding.md">Embedding</a>: the dependency, JVM
 *       flags, class paths and modules
 *   <li><a href="https://github.com/blazefl4j/blazefl4j/blob/main/docs/guarantees.md">Guarantees</a>: the same bits,
 *       and what happens when something fails
 * </ul>
 */
@SuppressWarnings("module") // back-ends are modules of their own, which need not be there
module org.blazefl4j {
    requires transitive org.bytedeco.javacpp;
    requires transitive org.bytedeco.pytorch;
    requires org.bytedeco.openblas;
    requires jdk.unsupported;
    requires jdk.httpserver; // serves pages of runs that go on
    requires static transitive org.jspecify;
    requires static java.desktop; // decodes folders of images
    requires static java.logging; // quietens MLflow's client

    // The command line, the latency lab and the result files only
    requires static com.fasterxml.jackson.jr.ob;
    requires static de.siegmar.fastcsv;
    requires static HdrHistogram;
    requires static info.picocli;
    requires static me.tongfei.progressbar;
    requires static mlflow.client;
    requires static org.tomlj;

    exports org.blazefl4j.checkpoint;
    exports org.blazefl4j.core;
    exports org.blazefl4j.core.stop;
    exports org.blazefl4j.trainer;
    exports org.blazefl4j.torch;
    exports org.blazefl4j.model;
    exports org.blazefl4j.modelfile;
    exports org.blazefl4j.data;
    exports org.blazefl4j.data.file;
    exports org.blazefl4j.reproducibility;
    exports org.blazefl4j.contrib.common;
    exports org.blazefl4j.contrib.dsfl;
    exports org.blazefl4j.contrib.fedavg;
    exports org.blazefl4j.contrib.scaffold;
    exports org.blazefl4j.federation;
    exports org.blazefl4j.federation.algorithm;
    exports org.blazefl4j.federation.sampling;
    exports org.blazefl4j.metrics;

    // The work of a round and the command line, for back-ends
    exports org.blazefl4j.cli to
            org.blazefl4j.spark;
    exports org.blazefl4j.cli.options to
            org.blazefl4j.spark;
    exports org.blazefl4j.codec to
            org.blazefl4j.spark;
    exports org.blazefl4j.process to
            org.blazefl4j.spark;
    exports org.blazefl4j.worker to
            org.blazefl4j.spark;

    opens org.blazefl4j.cli to
            info.picocli;
    opens org.blazefl4j.cli.bench; // to all, so that picocli finds the texts there
    opens org.blazefl4j.cli.console to
            info.picocli;
    opens org.blazefl4j.cli.doctor to
            info.picocli;
    opens org.blazefl4j.cli.export to
            info.picocli;
    opens org.blazefl4j.cli.options to
            info.picocli;
    opens org.blazefl4j.cli.report to
            info.picocli;
    opens org.blazefl4j.cli.run; // likewise
    opens org.blazefl4j.cli.sweep to
            info.picocli;
    opens org.blazefl4j.cli.verify to
            info.picocli;
}
