package org.blazefl4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.PackageSum;
import org.blazefl4j.spark.Messages.Job;
import org.junit.jupiter.api.Test;

/** Sums are used again, by one task at a time, and closed in the end. */
final class KeptSumsTest {

    private final List<Counted> open = new ArrayList<>();
    private final KeptSums sums = new KeptSums();

    /** A kind of sums that tells which of its sums are open. */
    private record Kind(int numel, boolean clears, List<Counted> all) implements PackageSum<Object> {

        @Override
        public Part<Object> open() {
            Counted part = new Counted(this);
            all.add(part);
            return part;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Kind kind && kind.numel == numel;
        }

        @Override
        public int hashCode() {
            return numel;
        }
    }

    private static final class Counted implements PackageSum.Part<Object> {

        private final Kind kind;
        private int added;

        Counted(Kind kind) {
            this.kind = kind;
        }

        @Override
        public void add(List<?> uplinks) {
            added += uplinks.size();
            if (uplinks.contains("unfit")) {
                throw new IllegalArgumentException("unfit");
            }
        }

        @Override
        public Object total() {
            return added;
        }

        @Override
        public boolean clear() {
            if (kind.clears) {
                added = 0;
            }
            return kind.clears;
        }

        @Override
        public void close() {
            assertThat(kind.all.remove(this)).as("closed once").isTrue();
        }
    }

    private Kind kind(int numel, boolean clears) {
        return new Kind(numel, clears, open);
    }

    @Test
    void shouldGiveASumToOneTaskAtATime() {
        Kind kind = kind(3, true);
        PackageSum.Part<Object> one = sums.take(kind);
        PackageSum.Part<Object> other = sums.take(kind);
        assertThat(other).isNotSameAs(one);
        one.add(List.of("a", "b"));
        sums.giveBack(kind, one);
        PackageSum.Part<Object> again = sums.take(kind(3, true));
        assertThat(again).isSameAs(one);
        assertThat(again.total()).isEqualTo(0);
        assertThat(sums.take(kind)).isNotSameAs(one).isNotSameAs(other);
        assertThat(open).hasSize(3);
    }

    @Test
    void shouldCloseSumsOfAnotherKind() {
        Kind before = kind(3, true);
        PackageSum.Part<Object> late = sums.take(before);
        sums.giveBack(before, sums.take(before));
        assertThat(open).hasSize(2);
        Kind next = kind(4, true);
        PackageSum.Part<Object> taken = sums.take(next);
        assertThat(open).containsExactly((Counted) late, (Counted) taken);
        sums.giveBack(before, late);
        assertThat(open).containsExactly((Counted) taken);
    }

    @Test
    void shouldCloseSumsThatCannotBeCleared() {
        Kind kind = kind(3, false);
        sums.giveBack(kind, sums.take(kind));
        assertThat(open).isEmpty();
    }

    @Test
    void shouldKeepNothingOnceClosed() {
        Kind kind = kind(3, true);
        PackageSum.Part<Object> late = sums.take(kind);
        sums.giveBack(kind, sums.take(kind));
        sums.close();
        assertThat(open).containsExactly((Counted) late);
        sums.giveBack(kind, late);
        assertThat(open).isEmpty();
    }

    @Test
    void shouldGiveAnEmptySumToTheTaskAfterOneThatFailed() {
        Kind kind = kind(3, true);
        try (OutcomeCollector failed = new OutcomeCollector(kind, sums, ArrayPool.NONE, 1000)) {
            failed.add(List.of(job(0)), List.of("fits"));
            assertThatThrownBy(() -> failed.add(List.of(job(1)), List.of("unfit")))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        try (OutcomeCollector next = new OutcomeCollector(kind, sums, ArrayPool.NONE, 1000)) {
            next.add(List.of(job(2)), List.of("fits"));
            PooledBytes total = next.total();
            assertThat(total).isNotNull();
            assertThat(total.decode(getClass().getClassLoader(), Parcel::empty)).isEqualTo(1);
        }
        assertThat(open).hasSize(1);
    }

    private static Job job(int index) {
        return new Job(index, index, Device.CPU, null, null, null);
    }
}
