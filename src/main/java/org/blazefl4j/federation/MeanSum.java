package org.blazefl4j.federation;

import java.math.BigDecimal;
import java.util.List;
import java.util.stream.Stream;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.WeightedSum;
import org.blazefl4j.core.PackageSum;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.util.ResourceStack;
import org.bytedeco.pytorch.Tensor;

/**
 * Adds up clients' models, and further vectors of theirs, for a {@link MeanAggregator}.
 *
 * @param numel the length of each vector
 * @param vectors the number of further vectors in each package
 */
record MeanSum(long numel, Weighting weighting, int vectors) implements PackageSum<ModelUplink> {

    /** Beside it, clients train on the machine's other cores. */
    private static final ServerOptions ONE_THREAD = ServerOptions.of(1, 1).withSumThreads(1);

    /**
     * The sum of some packages, as it crosses.
     *
     * @param changes whether packages are changes of models
     * @param totals the exact sums of models and of further vectors
     */
    record Total(boolean changes, BigDecimal weight, List<Tensor> totals) {}

    @Override
    public Part<ModelUplink> open() {
        return new Sums(this);
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
            return new Total(
                    changes,
                    sums.get(0).weight(),
                    sums.stream().map(WeightedSum::total).toList());
        }

        @Override
        public void close() {
            try (ResourceStack resources = new ResourceStack()) {
                sums.forEach(resources::add);
            }
        }
    }
}
