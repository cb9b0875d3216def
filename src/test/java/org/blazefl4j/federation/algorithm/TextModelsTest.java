package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.blazefl4j.federation.FederationRuns.hashes;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.ParameterMask;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.modelfile.StateDict;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Federations train models of text: sequences of 8 of 12 tokens, whose last one is to be said. */
final class TextModelsTest {

    private static final int CLIENTS = 4;
    private static final int TOKENS = 12;
    private static final int LENGTH = 8;
    private static final int SAMPLES = 48;

    private final Tensor samples = Tensors.of(
            LongStream.range(0, SAMPLES * LENGTH).map(i -> i * i % 31 % TOKENS).toArray(), SAMPLES, LENGTH);
    private final Tensor labels = samples.select(1, LENGTH - 1).contiguous();
    private final InMemoryPartitionedDataset<PartitionType> data = new InMemoryPartitionedDataset<>();

    TextModelsTest() {
        TensorDataset all = new TensorDataset(samples, labels);
        data.setClients(PartitionType.TRAIN, all, Partitioner.iid().partition(labels, CLIENTS, 1));
        data.setDataset(PartitionType.TEST, all);
    }

    @AfterEach
    void close() {
        data.close();
        labels.close();
        samples.close();
    }

    private Federation federation(ModelName name) {
        ModelSelector<ModelName> models = ModelSelector.seeded(1, 1, 1, LENGTH, TOKENS);
        return Federation.of(models, name, data, ServerOptions.of(2, CLIENTS)).local(new SgdOptions(1, 4, 0.05));
    }

    @Slow
    @ParameterizedTest
    @EnumSource(names = {"LSTM", "GPT", "GPT_LORA"})
    void shouldGiveTheSameBitsInEveryMode(ModelName name) {
        List<String> serial = hashes(federation(name));

        assertThat(serial).doesNotHaveDuplicates();
        assertThat(hashes(federation(name), ExecutionMode.MULTI_THREADED, 2)).isEqualTo(serial);
        assertThat(hashes(federation(name), ExecutionMode.MULTI_PROCESS, 2)).isEqualTo(serial);
    }

    /** Returns the hashes of the server's tensors, before the first round and after the last. */
    private static List<Map<String, String>> states(Federation federation) {
        List<Map<String, String>> states = new ArrayList<>();
        try (var handler = federation.handler();
                var trainer = ExecutionMode.SINGLE_THREADED.trainer(
                        federation.clients(), TrainerOptions.builder().build())) {
            states.add(describe(handler.stateDicts().get(0)));
            new Simulation<>(handler, trainer).run();
            states.add(describe(handler.stateDicts().get(0)));
        }
        return states;
    }

    private static Map<String, String> describe(StateDict state) {
        Map<String, String> hashes = new TreeMap<>();
        try (state) {
            state.tensors().forEach((name, tensor) -> hashes.put(name, Tensors.sha256(tensor)));
        }
        return hashes;
    }

    @Test
    void shouldTrainTheUpdatesOfLowRankAlone() {
        List<Map<String, String>> states = states(federation(ModelName.GPT_LORA));

        List<String> changed = states.get(0).keySet().stream()
                .filter(name -> !states.get(0).get(name).equals(states.get(1).get(name)))
                .toList();
        assertThat(changed).hasSize(16).allMatch(name -> name.matches("blocks\\.\\d\\.(qkv|proj)\\.lora_[ab]"));
    }

    @Test
    void shouldLeaveTheUpdatesToClientsByAMask() {
        ParameterMask updates = ParameterMask.named("blocks.*.lora_*");
        List<Map<String, String>> states = states(federation(ModelName.GPT_LORA).personal(updates));

        assertThat(states.get(1)).isEqualTo(states.get(0));
    }
}
