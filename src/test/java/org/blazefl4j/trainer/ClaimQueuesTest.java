package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ClaimQueuesTest {

    private static ClaimQueues queues(List<Integer> devices, int count) {
        int[] groups = devices.stream().mapToInt(device -> device % count).toArray();
        return new ClaimQueues(groups, count);
    }

    /** Each step is a claim of a worker, of clients below a limit that grows. */
    @Property(tries = 300)
    void shouldGiveEachClientToAWorkerOfItsGroupInListOrder(
            @ForAll List<@IntRange(max = 7) Integer> devices,
            @ForAll @IntRange(min = 1, max = 4) int count,
            @ForAll List<@IntRange(max = 9) Integer> steps) {
        ClaimQueues queues = queues(devices, count);
        List<Integer> left =
                new ArrayList<>(IntStream.range(0, devices.size()).boxed().toList());
        for (int i = 0; i < steps.size(); i++) {
            int worker = steps.get(i);
            int limit = Math.min(i, devices.size());
            int expected = left.stream()
                    .filter(position -> position < limit && devices.get(position) % count == worker % count)
                    .findFirst()
                    .orElse(ClaimQueues.NOTHING);
            assertThat(queues.hasWork(worker, limit)).isEqualTo(expected != ClaimQueues.NOTHING);
            assertThat(queues.claim(worker, limit)).isEqualTo(expected);
            left.remove((Integer) expected);
        }
        queues.end();
        assertThat(queues.isEnded()).isTrue();
        assertThat(queues.claimed()).isEqualTo(devices.size() - left.size());
        for (int position = 0; position < devices.size(); position++) {
            assertThat(queues.isClaimed(position)).isEqualTo(!left.contains(position));
        }
        for (int worker = 0; worker < count; worker++) {
            assertThat(queues.hasWork(worker, devices.size())).isFalse();
            assertThat(queues.claim(worker, devices.size())).isEqualTo(ClaimQueues.NOTHING);
        }
    }

    @Property(tries = 100)
    void shouldBeOneQueueWithoutGroups(@ForAll @IntRange(max = 20) int size, @ForAll @IntRange(max = 20) int taken) {
        ClaimQueues queues = new ClaimQueues(size);
        for (int i = 0; i < Math.min(size, taken); i++) {
            assertThat(queues.claim(i % 3, size)).isEqualTo(i);
        }
        assertThat(queues.isEnded()).isFalse();
        queues.end();
        assertThat(queues.claimed()).isEqualTo(Math.min(size, taken));
        assertThat(IntStream.range(0, size).filter(queues::isClaimed).count()).isEqualTo(queues.claimed());
    }

    @Test
    void shouldGiveEachClientOnceToThreadsThatClaimTogether() throws Exception {
        ClaimQueues queues = queues(IntStream.range(0, 3000).boxed().toList(), 2);
        CyclicBarrier together = new CyclicBarrier(4);
        Set<Integer> claimed = new ConcurrentSkipListSet<>();
        List<Thread> threads = IntStream.range(0, 4)
                .mapToObj(worker -> new Thread(() -> claimAll(queues, worker, together, claimed)))
                .toList();
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(claimed).hasSize(3000);
        assertThat(queues.claimed()).isEqualTo(3000);
    }

    private static void claimAll(ClaimQueues queues, int worker, CyclicBarrier together, Set<Integer> claimed) {
        try {
            together.await();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        int position = queues.claim(worker, 3000);
        while (position != ClaimQueues.NOTHING) {
            claimed.add(position);
            position = queues.claim(worker, 3000);
        }
    }
}
