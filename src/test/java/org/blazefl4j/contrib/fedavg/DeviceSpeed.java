package org.blazefl4j.contrib.fedavg;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.data.FilteredDataset;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.trainer.TrainerOptions.StepGraphs;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.ResourceStack;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Measures training steps per second on a device, by one and several threads, with graphs and without, and a round
 * without training. What cannot run is named, and the others go on.
 *
 * @param device where clients compute
 * @param models the models to train, on images of 3 × 32 × 32 in batches of 50
 * @param threads the numbers of workers
 * @param least how long each case is measured, at least
 * @param out where the table goes
 */
record DeviceSpeed(Device device, List<ModelName> models, List<Integer> threads, Duration least, PrintStream out) {

    private static final int SAMPLES = 500;
    private static final int BATCH = 50;
    private static final int EPOCHS = 10;
    private static final int EMPTY_CLIENTS = 100;
    private static final int EMPTY_FLOATS = 62_006;
    private static final ModelSelector<ModelName> SELECTOR = ModelSelector.seeded(42, 3, 32, 32, 10);

    /** Prints the table. */
    void print() {
        out.printf("%-28s %8s %12s%n", "steps/s on " + device, "threads", "steps/s");
        for (ModelName model : models) {
            for (StepGraphs graphs : List.of(StepGraphs.OFF, StepGraphs.REQUIRED)) {
                for (int workers : threads) {
                    String name = model + (graphs == StepGraphs.OFF ? ", eager" : ", graphs");
                    line(name, workers, () -> steps(model, graphs, workers));
                }
            }
        }
        out.printf("%n%-28s %8s %12s%n", "empty round on " + device, "threads", "rounds/s");
        String empty = EMPTY_CLIENTS + " × " + EMPTY_FLOATS + " floats";
        for (int workers : threads) {
            line(empty, workers, () -> emptyRounds(workers));
        }
    }

    /** Measures one figure. */
    @FunctionalInterface
    private interface Measured {
        double perSecond();
    }

    private void line(String name, int workers, Measured measured) {
        try {
            out.printf(Locale.ROOT, "%-28s %8d %12.1f%n", name, workers, measured.perSecond());
        } catch (RuntimeException | LinkageError e) {
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            out.printf("%-28s %8d could not run: %s%n", name, workers, Causes.describe(root));
        } finally {
            out.flush();
        }
    }

    private TrainerOptions.Builder options(int workers) {
        return TrainerOptions.builder().device(device).numParallels(workers);
    }

    private double steps(ModelName model, StepGraphs graphs, int workers) {
        if (graphs == StepGraphs.REQUIRED && device.isCpu()) {
            throw new IllegalStateException("no graphs on this device: device=" + device + ", expected=cuda");
        }
        try (ResourceStack resources = new ResourceStack()) {
            InMemoryPartitionedDataset<PartitionType> data = resources.add(new InMemoryPartitionedDataset<>());
            distribute(workers, data, resources);
            SgdOptions training = new SgdOptions(EPOCHS, BATCH, 0.01);
            FedAvgClients clients = new FedAvgClients(SELECTOR, model, data, workers, training);
            var handler = resources.add(
                    new FedAvgServerHandler(SELECTOR, model, data, ServerOptions.of(Integer.MAX_VALUE, workers)));
            var trainer = resources.add(ExecutionMode.MULTI_THREADED.trainer(
                    clients, options(workers).stepGraphs(graphs).build()));
            long stepsOfARound = (long) workers * EPOCHS * SAMPLES / BATCH;
            return stepsOfARound * roundsPerSecond(trainer, handler.downlinkPackage(), workers);
        }
    }

    private static void distribute(
            int clients, InMemoryPartitionedDataset<PartitionType> data, ResourceStack resources) {
        try (Generator generator = torch.createCPUGenerator(7);
                GeneratorOptional from = new GeneratorOptional(generator);
                TensorOptions floats = new TensorOptions(ScalarType.Float);
                TensorOptions longs = new TensorOptions(ScalarType.Long)) {
            Tensor images = resources.add(torch.rand(new long[] {SAMPLES, 3, 32, 32}, from, floats));
            Tensor labels = resources.add(torch.randint(10, new long[] {SAMPLES}, from, longs));
            TensorDataset whole = new TensorDataset(images, labels);
            Tensor all = resources.add(
                    Tensors.of(IntStream.range(0, SAMPLES).asLongStream().toArray()));
            for (int cid = 0; cid < clients; cid++) {
                data.setDataset(PartitionType.TRAIN, cid, new FilteredDataset(all, whole));
            }
            data.setDataset(PartitionType.TEST, whole);
        }
    }

    /** Runs rounds of the same package, the first of which is not measured. */
    private double roundsPerSecond(
            ClientTrainer<FedAvgDownlinkPackage, FedAvgUplinkPackage> trainer,
            FedAvgDownlinkPackage payload,
            int clients) {
        List<Integer> cids = IntStream.range(0, clients).boxed().toList();
        trainer.localProcess(payload, cids, FedAvgUplinkPackage::close);
        long start = System.nanoTime();
        long rounds = 0;
        do {
            trainer.localProcess(payload, cids, FedAvgUplinkPackage::close);
            rounds++;
        } while (System.nanoTime() - start < least.toNanos());
        return rounds * 1e9 / (System.nanoTime() - start);
    }

    private double emptyRounds(int workers) {
        try (Tensor parameters = torch.zeros(EMPTY_FLOATS);
                var trainer = ExecutionMode.MULTI_THREADED.trainer(
                        new Empty(), options(workers).build())) {
            return roundsPerSecond(trainer, new FedAvgDownlinkPackage(parameters), EMPTY_CLIENTS);
        }
    }

    /** Clients that copy the model to their result, on the device if it has memory for results. */
    private static final class Empty implements ClientAlgorithm<Integer, FedAvgDownlinkPackage, FedAvgUplinkPackage> {

        @Override
        public Integer getClientConfig(int cid) {
            return cid;
        }

        @Override
        public ClientWorker<Integer, FedAvgDownlinkPackage, FedAvgUplinkPackage> worker() {
            return Empty::copy;
        }

        @Override
        public boolean acceptsDeviceTensors() {
            return true;
        }

        @Override
        public FedAvgUplinkPackage prepareUplinkPackageBuffer() {
            return new FedAvgUplinkPackage(0, torch.empty(EMPTY_FLOATS), 0, Map.of());
        }

        private static FedAvgUplinkPackage copy(int cid, FedAvgDownlinkPackage payload, WorkerContext context) {
            FedAvgUplinkPackage buffer = context.uplinkBuffer();
            try (var there = context.device().toTorch();
                    Tensor model = payload.parameters().to(there, ScalarType.Float)) {
                buffer.parameters().copy_(model);
            }
            return new FedAvgUplinkPackage(cid, buffer.parameters(), 1, Map.of());
        }
    }
}
