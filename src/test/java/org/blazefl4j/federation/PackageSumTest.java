package org.blazefl4j.federation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.fedAvg;
import static org.blazefl4j.federation.FederationRuns.hashes;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.blazefl4j.codec.PackageBytes;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.PackageSum;
import org.blazefl4j.federation.algorithm.Algorithms;
import org.blazefl4j.federation.algorithm.Transforms;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Packages that are added up where clients train give the bits of packages that are loaded one by one. */
final class PackageSumTest {

    private static final int ROUNDS = 3;

    private final TinyData data = TinyData.evenly(60, CLIENTS);
    private final Federation fedAvg = fedAvg(Tiny.CONVOLUTION, data, ROUNDS);

    @AfterEach
    void close() {
        data.close();
    }

    @Test
    void shouldGiveTheBitsOfSinglePackagesInAnyGrouping() {
        assertThat(inSums(fedAvg)).isEqualTo(hashes(fedAvg));
    }

    @Test
    void shouldAddUpChangesOfModels() {
        Federation clipped = fedAvg.uplink(Transforms.clipNorm(0.1));
        assertThat(inSums(clipped)).isEqualTo(hashes(clipped));
    }

    @Test
    void shouldAddUpControlVariates() {
        Federation scaffold = fedAvg.with(Algorithms.scaffold(0.5, Weighting.BY_SAMPLES));
        assertThat(inSums(scaffold)).isEqualTo(hashes(scaffold));
    }

    @Test
    void shouldNotAddUpWhatDependsOnEachPackage() {
        try (var handler = fedAvg.with(Algorithms.fedNova(Weighting.UNIFORM)).handler()) {
            assertThat(handler.packageSum()).isEmpty();
        }
    }

    /** Runs all rounds; adds each round's packages up in random groups, in random order. */
    private static List<String> inSums(Federation federation) {
        Random random = new Random(5);
        List<String> hashes = new ArrayList<>();
        try (var handler = federation.handler();
                var trainer = ExecutionMode.SINGLE_THREADED.trainer(federation.clients(), TrainerOptions.defaults())) {
            PackageSum<ModelUpdate> sum = handler.packageSum().orElseThrow();
            while (!handler.isStopped()) {
                trainer.localProcess(handler.downlinkPackage(), handler.sampleClients());
                List<ModelUpdate> updates = trainer.uplinkPackage();
                Collections.shuffle(updates, random);
                int middle = random.nextInt(updates.size() - 1) + 1;
                boolean first = load(handler, sum, updates.subList(0, middle));
                boolean second = load(handler, sum, updates.subList(middle, updates.size()));
                assertThat(List.of(first, second)).containsExactly(false, true);
                updates.forEach(ModelUpdate::close);
                hashes.add(handler.sha256());
            }
        }
        return hashes;
    }

    private static boolean load(
            FederationServer<ModelBroadcast, ModelUpdate> handler,
            PackageSum<ModelUpdate> sum,
            List<ModelUpdate> updates) {
        Object crossed;
        try (PackageSum.Part<ModelUpdate> part = sum.open()) {
            updates.forEach(update -> part.add(List.of(update)));
            Object whole = part.total();
            Object total = inRanges((PackageSum.Divisible<ModelUpdate>) sum, whole, 3);
            TensorWalk.closeAll(whole);
            try (Tensor bytes = PackageBytes.encode(total)) {
                crossed = PackageBytes.decode(bytes, PackageSumTest.class.getClassLoader(), null);
            }
            TensorWalk.closeAll(total);
        }
        boolean complete = handler.loadSum(updates, Objects.requireNonNull(crossed));
        TensorWalk.closeAll(crossed);
        return complete;
    }

    /** Returns a total, cut into ranges, merged and joined. */
    private static Object inRanges(PackageSum.Divisible<?> sum, Object total, int ranges) {
        List<Object> merged = sum.split(total, ranges).stream()
                .map(range -> sum.merge(List.of(range).iterator()))
                .toList();
        Object joined = sum.join(merged);
        merged.forEach(TensorWalk::closeAll);
        return joined;
    }

    @Test
    void shouldMergeRangesOfSumsExactly() {
        PackageSum.Divisible<ModelUplink> sum = new MeanSum(1001, Weighting.BY_SAMPLES, 1);
        List<Object> totals = new ArrayList<>();
        try (PackageSum.Part<ModelUplink> all = sum.open()) {
            for (int cid = 0; cid < 4; cid++) {
                Tensor wide = torch.randn(1001).exp_().pow_(new Scalar(12)); // of sums with many parts
                ModelUpdate update =
                        new ModelUpdate(cid, wide, false, 7 + cid, List.of(torch.randn(1001)), Map.of(), Map.of());
                try (PackageSum.Part<ModelUplink> part = sum.open()) {
                    part.add(List.of(update));
                    totals.add(part.total());
                }
                all.add(List.of(update));
            }
            List<Object> merged = new ArrayList<>();
            for (int range = 0; range < 3; range++) {
                int number = range;
                merged.add(sum.merge(totals.stream()
                        .map(total -> sum.split(total, 3).get(number))
                        .iterator()));
            }
            MeanSum.Total joined = (MeanSum.Total) sum.join(merged);
            MeanSum.Total expected = (MeanSum.Total) all.total();
            assertThat(joined.weight()).isEqualTo(expected.weight());
            for (int i = 0; i < 2; i++) {
                assertThat(joined.totals().get(i).equal(expected.totals().get(i)))
                        .isTrue();
            }
        }
        assertThat(sum.bytes()).isEqualTo(2 * 2 * 8 * 1001);
    }

    @Test
    void shouldMergeRangesWithoutElements() {
        PackageSum.Divisible<ModelUplink> sum = new MeanSum(3, Weighting.UNIFORM, 0);
        try (PackageSum.Part<ModelUplink> part = sum.open()) {
            part.add(List.of(update(false)));
            Object total = part.total();
            MeanSum.Total joined = (MeanSum.Total) inRanges(sum, total, 5);
            assertThat(joined.weight()).isEqualTo("1");
            assertThat(joined.totals()
                            .get(0)
                            .equal(((MeanSum.Total) total).totals().get(0)))
                    .isTrue();
        }
    }

    @Test
    void shouldStartAgainOnceCleared() {
        PackageSum<ModelUplink> sum = new MeanSum(3, Weighting.BY_SAMPLES, 1);
        try (PackageSum.Part<ModelUplink> used = sum.open();
                PackageSum.Part<ModelUplink> fresh = sum.open()) {
            used.add(List.of(new ModelUpdate(
                    0,
                    torch.full(new long[] {3}, new Scalar(Float.NaN)),
                    true,
                    5,
                    List.of(torch.ones(3)),
                    Map.of(),
                    Map.of())));
            used.total();
            assertThat(used.clear()).isTrue();
            ModelUpdate update = new ModelUpdate(
                    1,
                    torch.ones(3),
                    false,
                    2,
                    List.of(torch.full(new long[] {3}, new Scalar(0.1f))),
                    Map.of(),
                    Map.of());
            used.add(List.of(update));
            fresh.add(List.of(update));
            MeanSum.Total total = (MeanSum.Total) used.total();
            MeanSum.Total expected = (MeanSum.Total) fresh.total();
            assertThat(total.changes()).isFalse();
            assertThat(total.weight()).isEqualTo(expected.weight());
            for (int i = 0; i < 2; i++) {
                assertThat(total.totals().get(i).equal(expected.totals().get(i)))
                        .isTrue();
            }
        }
    }

    @Test
    void shouldRefuseRangesOfModelsBesideThoseOfChanges() {
        PackageSum.Divisible<ModelUplink> sum = new MeanSum(3, Weighting.UNIFORM, 0);
        List<Object> totals = new ArrayList<>();
        for (boolean isChange : new boolean[] {false, true}) {
            try (PackageSum.Part<ModelUplink> part = sum.open()) {
                part.add(List.of(update(isChange)));
                totals.add(part.total());
            }
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> sum.merge(totals.iterator()))
                .withMessage("sum of packages of another kind: is_change=true, expected=false, as others in the round");
    }

    private static ModelUpdate update(boolean isChange) {
        return new ModelUpdate(0, torch.ones(3), isChange, 1, List.of(), Map.of(), Map.of());
    }

    @Test
    void shouldRefuseModelsBesideChanges() {
        try (PackageSum.Part<ModelUplink> part =
                MeanAggregator.packageSum(3, Weighting.UNIFORM, 0).open()) {
            part.add(List.of(update(false)));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> part.add(List.of(update(true))))
                    .withMessage("package of another kind: client=0, is_change=true, vectors=0, expected=false and 0,"
                            + " as others in the round");
        }
    }

    @Test
    void shouldRefusePackagesWithoutTheirVectors() {
        try (PackageSum.Part<ModelUplink> part =
                MeanAggregator.packageSum(3, Weighting.UNIFORM, 1).open()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> part.add(List.of(update(false))))
                    .withMessageContaining("is_change=false, vectors=0, expected=false and 1");
        }
    }

    @Test
    void shouldRefuseSumsThatAnAggregatorDoesNotAddUp() {
        try (var handler = fedAvg.handler()) {
            List<Integer> cids = handler.sampleClients();
            ModelUpdate stranger = new ModelUpdate(CLIENTS, torch.ones(3), false, 1, List.of(), Map.of(), Map.of());
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> handler.loadSum(List.of(stranger), "none"))
                    .withMessageStartingWith("no such client: cid=" + CLIENTS);
            assertThat(handler.sampleClients()).isEqualTo(cids); // the round is as before
        }
        Aggregation own = (options, numel, dataset) -> new MeanAggregator(options, numel, Weighting.UNIFORM) {};
        try (var handler = fedAvg.aggregation(own).handler();
                PackageSum.Part<ModelUplink> part =
                        MeanAggregator.packageSum(3, Weighting.UNIFORM, 1).open()) {
            ModelUpdate first = new ModelUpdate(0, torch.ones(3), false, 1, List.of(torch.ones(3)), Map.of(), Map.of());
            part.add(List.of(first));
            Object total = part.total();
            int cid = handler.sampleClients().get(0);
            ModelUpdate light = new ModelUpdate(cid, torch.empty(0), false, 1, List.of(), Map.of(), Map.of());
            assertThatThrownBy(() -> handler.loadSum(List.of(light), total))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("sum of parameters: shape=[");
            TensorWalk.closeAll(total);
        }
    }
}
