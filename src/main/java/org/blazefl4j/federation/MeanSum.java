package org.blazefl4j.federation;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.WeightedSum;
import org.blazefl4j.core.PackageSum;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.util.ResourceStack;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Adds up clients' models, and further vectors of theirs, for a {@link MeanAggregator}.
 *
 * @param numel the length of each vector
 * @param vectors the number of further vectors in each package
 */
record MeanSum(long numel, Weighting weighting, int vectors) implements PackageSum.Divisible<ModelUplink> {

    /** Beside it, clients train on the machine's other cores. */
    private static final ServerOptions ONE_THREAD = ServerOptions.of(1, 1).withSumThreads(1);

    /**
     * The sum of some packages, as it crosses.
     *
     * @param changes whether packages are changes of models
     * @param totals the exact sums of models and of further vectors
     */
    record Total(boolean changes, BigDecimal weight, List<Tensor> totals) implements AutoCloseable {

        private Total narrow(long from, long to) {
            return new Total(
                    changes,
                    weight,
                    totals.stream().map(each -> each.narrow(1, from, to - from)).toList());
        }

        @Override
        public void close() {
            totals.forEach(Tensor::close);
        }
    }

    @Override
    public Part<ModelUplink> open() {
        return new Sums(this);
    }

    @Override
    public long bytes() {
        return 2L * Double.BYTES * numel * (1 + vectors);
    }

    @Override
    public List<Object> split(Object total, int ranges) {
        return IntStream.range(0, ranges)
                .<Object>mapToObj(range -> ((Total) total).narrow(start(range, ranges), start(range + 1, ranges)))
                .toList();
    }

    private long start(int range, int ranges) {
        return numel * range / ranges;
    }

    @Override
    public Object merge(Iterator<?> totals) {
        List<WeightedSum> sums = new ArrayList<>();
        try (ResourceStack resources = new ResourceStack()) {
            boolean changes = false;
            while (totals.hasNext()) {
                Total next = (Total) totals.next();
                resources.add(next);
                if (sums.isEmpty()) {
                    changes = next.changes;
                    next.totals.forEach(each -> sums.add(new WeightedSum("parameters", ONE_THREAD, each.size(1))));
                    sums.forEach(resources::add);
                }
                requireKind(next, changes);
                for (int i = 0; i < sums.size(); i++) {
                    sums.get(i).addTotal(next.totals.get(i), next.weight);
                }
                next.close();
            }
            return total(changes, sums, WeightedSum::total);
        }
    }

    /** Checks that a sum is of changes, or of models, as others in the round. */
    static void requireKind(Total total, boolean changes) {
        Arguments.require(
                total.changes == changes,
                "sum of packages of another kind: is_change=" + total.changes + ", expected=" + changes
                        + ", as others in the round");
    }

    private static Total total(boolean changes, List<WeightedSum> sums, Function<WeightedSum, Tensor> total) {
        return new Total(changes, sums.get(0).weight(), sums.stream().map(total).toList());
    }

    @Override
    public Object join(List<?> ranges) {
        Total first = (Total) ranges.get(0);
        return new Total(
                first.changes,
                first.weight,
                IntStream.range(0, first.totals.size())
                        .mapToObj(i -> join(ranges, i))
                        .toList());
    }

    private Tensor join(List<?> ranges, int vector) {
        try (PointerScope scope = new PointerScope()) {
            List<Tensor> all = ranges.stream()
                    .map(range -> ((Total) range).totals.get(vector))
                    .toList();
            long parts = all.stream().mapToLong(each -> each.size(0)).max().orElseThrow();
            Tensor joined = torch.zeros(new long[] {parts, numel}, new TensorOptions(ScalarType.Double));
            long from = 0;
            for (Tensor each : all) {
                joined.narrow(0, 0, each.size(0)).narrow(1, from, each.size(1)).copy_(each);
                from += each.size(1);
            }
            return joined.retainReference();
        }
    }

    private static final class Sums implements Part<ModelUplink> {

        private final MeanSum kind;
        private final List<WeightedSum> sums;
        private boolean empty = true;
        private boolean changes;

        Sums(MeanSum kind) {
            this.kind = kind;
            this.sums = Stream.generate(() -> new WeightedSum("parameters", ONE_THREAD, kind.numel))
                    .limit(1L + kind.vectors)
                    .toList();
        }

        @Override
        public void add(List<? extends ModelUplink> uplinks) {
            try {
                uplinks.forEach(this::stage);
            } finally {
                sums.forEach(WeightedSum::fold);
            }
        }

        private void stage(ModelUplink uplink) {
            int cid = uplink.cid();
            List<Tensor> more = uplink.vectors();
            Arguments.require(
                    (kind.vectors == 0 || more.size() == kind.vectors) && (empty || uplink.isChange() == changes),
                    "package of another kind: client=" + cid + ", is_change=" + uplink.isChange() + ", vectors="
                            + more.size() + ", expected=" + changes + " and " + kind.vectors
                            + ", as others in the round");
            double weight = kind.weighting.of(uplink.dataSize(), uplink.numbers());
            sums.get(0).stage(cid, weight, uplink.parameters());
            for (int i = 0; i < kind.vectors; i++) {
                sums.get(i + 1).stage(cid, weight, more.get(i));
            }
            changes = uplink.isChange();
            empty = false;
        }

        @Override
        public Total total() {
            return MeanSum.total(changes, sums, WeightedSum::totalInKeptMemory);
        }

        @Override
        public boolean clear() {
            sums.forEach(WeightedSum::clear);
            changes = false;
            empty = true;
            return true;
        }

        @Override
        public void close() {
            try (ResourceStack resources = new ResourceStack()) {
                sums.forEach(resources::add);
            }
        }
    }
}
