package org.blazefl4j.contrib.fedavg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.blazefl4j.binding.OnGpu;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.model.Dropout;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.trainer.ProcessPoolClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.trainer.TrainerOptions.StepGraphs;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Federated averaging on a CUDA device, with steps that are captured and steps that are not. */
@OnGpu
final class StepGraphsGpuTest {

    private static final int CLIENTS = 4;
    private static final int ROUNDS = 2;
    private static final Device CUDA = Device.parse("cuda:0");

    private ImageData images;
    private final InMemoryPartitionedDataset<PartitionType> data = new InMemoryPartitionedDataset<>();

    @BeforeEach
    void open() {
        images = ImageData.fashionMnist();
        List<long[]> parts = Partitioner.iid().partition(images.trainLabels(), CLIENTS * 10, 42);
        data.setClients(PartitionType.TRAIN, images.train(), parts.subList(0, CLIENTS));
        data.setDataset(PartitionType.TEST, images.test());
    }

    @AfterEach
    void close() {
        data.close();
        images.close();
    }

    private static TrainerOptions options(StepGraphs graphs, int workers) {
        return TrainerOptions.builder()
                .device(CUDA)
                .numParallels(workers)
                .stepGraphs(graphs)
                .build();
    }

    private static SgdOptions training() {
        return new SgdOptions(3, 16, 0.05);
    }

    private <M extends Enum<M>> FedAvgClients clients(ModelSelector<M> models, M model) {
        return new FedAvgClients(models, model, data, CLIENTS, training());
    }

    /** Returns the hashes of the global model after each round. */
    private <M extends Enum<M>> List<String> train(
            ModelSelector<M> models, M model, ClientTrainer<FedAvgDownlinkPackage, FedAvgUplinkPackage> opened) {
        List<String> hashes = new ArrayList<>();
        try (var trainer = opened;
                var handler = new FedAvgServerHandler(models, model, data, ServerOptions.of(ROUNDS, CLIENTS))) {
            while (!handler.isStopped()) {
                trainer.localProcess(handler.downlinkPackage(), handler.sampleClients(), uplink -> {
                    try (uplink) {
                        handler.load(uplink);
                    }
                });
                hashes.add(handler.sha256());
            }
        }
        return hashes;
    }

    /** Without dropout; the ResNet has batch normalisation, the language models have none of these samples. */
    @ParameterizedTest
    @EnumSource(names = {"CNN", "MLP", "LENET", "LOGISTIC", "RESNET18"})
    void shouldGiveTheSameBitsWithGraphsAndWithout(ModelName model) {
        ModelSelector<ModelName> models = ModelSelector.seeded(42, 1, 28, 28, 10);
        List<String> eager = train(
                models,
                model,
                ExecutionMode.SINGLE_THREADED.trainer(clients(models, model), options(StepGraphs.OFF, 1)));

        assertThat(eager).hasSize(ROUNDS).doesNotHaveDuplicates();
        for (int workers : new int[] {1, CLIENTS}) {
            var trainer =
                    ExecutionMode.MULTI_THREADED.trainer(clients(models, model), options(StepGraphs.REQUIRED, workers));
            assertThat(train(models, model, trainer)).as("workers=%d", workers).isEqualTo(eager);
        }
    }

    @Test
    void shouldGiveTheSameBitsInWorkerProcesses() {
        ModelSelector<ModelName> models = ModelSelector.seeded(42, 1, 28, 28, 10);
        ProcessOptions process = ProcessOptions.builder()
                .environment(Map.of("CUBLAS_WORKSPACE_CONFIG", ":4096:8"))
                .build();
        List<List<String>> hashes = new ArrayList<>();
        for (StepGraphs graphs : List.of(StepGraphs.OFF, StepGraphs.REQUIRED)) {
            var clients = clients(models, ModelName.CNN);
            hashes.add(
                    train(models, ModelName.CNN, new ProcessPoolClientTrainer<>(clients, options(graphs, 2), process)));
        }
        assertThat(hashes.get(1)).isEqualTo(hashes.get(0));
    }

    private enum Drawing {
        ONLY
    }

    private static final class DrawingNet extends Model {
        private final Dropout dropout = dropout("dropout", 0.5);
        private final LinearImpl fc = linear("fc", 784, 10);

        @Override
        public Tensor forward(Tensor x) {
            return fc.forward(dropout.forward(x.flatten(1, -1)));
        }
    }

    private static Model drawing(Drawing name) {
        return DefaultGenerator.seeded(3, DrawingNet::new);
    }

    @Test
    void shouldNotCaptureAModelWithDropout() {
        ModelSelector<Drawing> models = StepGraphsGpuTest::drawing;
        List<List<String>> hashes = new ArrayList<>();
        for (StepGraphs graphs : List.of(StepGraphs.OFF, StepGraphs.AUTO)) {
            var clients = clients(models, Drawing.ONLY);
            hashes.add(train(models, Drawing.ONLY, ExecutionMode.MULTI_THREADED.trainer(clients, options(graphs, 2))));
        }
        assertThat(hashes.get(1)).isEqualTo(hashes.get(0));

        var required =
                ExecutionMode.SINGLE_THREADED.trainer(clients(models, Drawing.ONLY), options(StepGraphs.REQUIRED, 1));
        assertThatThrownBy(() -> train(models, Drawing.ONLY, required))
                .isInstanceOf(ClientFailedException.class)
                .hasRootCauseMessage(
                        "steps are not captured: model=DrawingNet, found=random numbers drawn on the processor, as"
                                + " by dropout, expected=the cross-entropy of a model that draws nothing, never waits for the"
                                + " device, and whose parameters all have gradients; choose stepGraphs(AUTO) or OFF, or change"
                                + " the model");
    }
}
