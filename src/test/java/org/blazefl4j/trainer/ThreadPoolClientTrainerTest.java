package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.trainer.Clients.ids;
import static org.blazefl4j.trainer.Clients.plus;
import static org.blazefl4j.trainer.FailureTest.awaitUnchecked;

import java.io.File;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.Device;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests that are specific to threads. */
final class ThreadPoolClientTrainerTest {

    private final Down down = Down.of(100);

    @AfterEach
    void close() {
        down.value().close();
    }

    private static TrainerOptions workers(int count) {
        return TrainerOptions.builder().numParallels(count).build();
    }

    @Test
    void shouldRunAsManyClientsAtATimeAsThereAreWorkers() {
        CyclicBarrier together = new CyclicBarrier(3);
        Map<Integer, Thread> threads = new ConcurrentHashMap<>();
        Clients clients = new Clients((cid, payload, context) -> {
            together.await();
            threads.put(context.worker(), Thread.currentThread());
            return plus(cid, payload);
        });
        try (var trainer = new ThreadPoolClientTrainer<>(clients, workers(3))) {
            assertThat(trainer.numParallels()).isEqualTo(3);
            trainer.localProcess(down, ids(9), Up::close);
            trainer.localProcess(down, ids(9), Up::close);

            assertThat(threads).hasSize(3);
            assertThat(threads.keySet()).containsExactlyInAnyOrder(0, 1, 2);
            assertThat(threads.values()).doesNotContain(Thread.currentThread()).allMatch(Thread::isDaemon);
            assertThat(Conditions.ownThreads())
                    .containsExactlyInAnyOrderElementsOf(
                            threads.values().stream().map(Thread::getName).toList());
        }
        assertThat(Conditions.ownThreads()).isEmpty();
    }

    private static TrainerOptions onDevices(int workers, int devices) {
        return TrainerOptions.builder()
                .device(Device.parse("cuda"))
                .deviceCount(devices)
                .numParallels(workers)
                .slots(3)
                .build();
    }

    /** No device is needed for clients that compute nothing there. */
    @Test
    void shouldTrainClientsOfADeviceOnWorkersOfThatDevice() {
        Map<Integer, Set<Integer>> devices = new ConcurrentHashMap<>();
        Clients clients = new Clients((cid, payload, context) -> {
            devices.computeIfAbsent(context.worker(), worker -> ConcurrentHashMap.newKeySet())
                    .add(context.device().index());
            return plus(cid, payload);
        });
        try (var trainer = new ThreadPoolClientTrainer<>(clients, onDevices(5, 2))) {
            List<Double> numbers = new ArrayList<>();
            List<Integer> order = List.of(0, 2, 4, 6, 8, 10, 12, 1, 3, 14, 16, 5, 7, 9, 11, 13);
            for (int round = 0; round < 10; round++) {
                trainer.localProcess(down, order, uplink -> {
                    numbers.add(uplink.number());
                    uplink.close();
                });
                assertThat(numbers)
                        .containsExactlyElementsOf(
                                order.stream().map(cid -> 100. + cid).toList());
                numbers.clear();
            }
            trainer.localProcess(down, order);
            assertThat(trainer.uplinkPackage()).hasSize(order.size()).allSatisfy(Up::close);
        }
        devices.forEach((worker, indices) -> assertThat(indices).containsExactly(worker % 2));
    }

    /** Clients 1 and 3 wait for each other, while workers of the other device sleep. */
    @Test
    void shouldWakeAllWorkersOfADevice() {
        CyclicBarrier together = new CyclicBarrier(2);
        Clients clients = new Clients((cid, payload, context) -> {
            if (cid % 2 == 1) {
                together.await(30, TimeUnit.SECONDS);
            }
            return plus(cid, payload);
        });
        try (var trainer = new ThreadPoolClientTrainer<>(clients, onDevices(4, 2))) {
            for (int round = 0; round < 20; round++) {
                trainer.localProcess(down, List.of(0, 1, 3), Up::close);
            }
        }
    }

    @Test
    void shouldTrainClientsOfAllDevicesOnFewerWorkers() {
        Map<Integer, Integer> workers = new ConcurrentHashMap<>();
        Clients clients = new Clients((cid, payload, context) -> {
            workers.put(cid, context.worker());
            return plus(cid, payload);
        });
        try (var trainer = new ThreadPoolClientTrainer<>(clients, onDevices(2, 3))) {
            trainer.localProcess(down, ids(9), Up::close);
        }
        assertThat(workers)
                .hasSize(9)
                .allSatisfy((cid, worker) -> assertThat(worker).isEqualTo(cid % 3 % 2));
    }

    /** The failure is that of a device without clients before it, whose workers go on meanwhile. */
    @Test
    void shouldEndARoundOnAllDevicesWhenAClientFails() {
        Clients clients = new Clients((cid, payload, context) -> {
            if (cid == 5) {
                throw new ArithmeticException("client 5");
            }
            return plus(cid, payload);
        });
        try (var trainer = new ThreadPoolClientTrainer<>(clients, onDevices(4, 2))) {
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(0, 2, 4, 6, 5, 7, 9, 8), Up::close))
                    .isInstanceOf(ClientFailedException.class)
                    .hasRootCauseMessage("client 5");
            trainer.uplinkPackage().forEach(Up::close);
            trainer.localProcess(down, List.of(0, 1, 2, 3), Up::close);
        }
    }

    @Test
    void shouldKeepItsThreadsFromRoundToRound() {
        Set<Long> threads = ConcurrentHashMap.newKeySet();
        Clients clients = new Clients((cid, payload, context) -> {
            threads.add(Thread.currentThread().getId());
            return plus(cid, payload);
        });
        try (var trainer = new ThreadPoolClientTrainer<>(clients, workers(2))) {
            for (int round = 0; round < 20; round++) {
                trainer.localProcess(down, ids(10), Up::close);
            }
        }
        assertThat(threads).hasSizeBetween(1, 2);
    }

    @Test
    void shouldDealAheadWithoutLimitWhenPackagesAreCollected() {
        CountDownLatch allButTheFirst = new CountDownLatch(49);
        Clients clients = new Clients((cid, payload, context) -> {
            if (cid == 0) {
                allButTheFirst.await();
            } else {
                allButTheFirst.countDown();
            }
            return plus(cid, payload);
        });
        TrainerOptions options =
                TrainerOptions.builder().numParallels(2).slots(2).build();
        try (var trainer = new ThreadPoolClientTrainer<>(clients, options)) {
            trainer.localProcess(down, ids(50));

            assertThat(trainer.cache()).extracting(Up::cid).isEqualTo(ids(50));
        }
    }

    @Test
    void shouldHandOverInOrderIfTheLaterClientEndsFirst() {
        CountDownLatch secondEnded = new CountDownLatch(1);
        List<Integer> ended = Collections.synchronizedList(new ArrayList<>());
        Clients clients = new Clients((cid, payload, context) -> {
            if (cid == 0) {
                secondEnded.await();
            }
            ended.add(cid);
            if (cid == 1) {
                secondEnded.countDown();
            }
            return plus(cid, payload);
        });
        List<Integer> taken = new ArrayList<>();
        try (var trainer = new ThreadPoolClientTrainer<>(clients, workers(2))) {
            trainer.localProcess(down, ids(2), uplink -> {
                taken.add(uplink.cid());
                uplink.close();
            });
        }
        assertThat(ended).containsExactly(1, 0);
        assertThat(taken).containsExactly(0, 1);
    }

    @Test
    void shouldComputeWithTheOptionsIntraOpThreadsAndPutTheCallersBack() {
        Set<Integer> inClients = ConcurrentHashMap.newKeySet();
        Set<Integer> inSink = ConcurrentHashMap.newKeySet();
        Clients clients = new Clients((cid, payload, context) -> {
            inClients.add(torch.get_num_threads());
            return plus(cid, payload);
        });
        int elsewhere = numberInNewThread();
        TrainerOptions options =
                TrainerOptions.builder().numParallels(2).intraOpThreads(3).build();
        try (IntraOpThreads caller = IntraOpThreads.scope(4);
                var trainer = new ThreadPoolClientTrainer<>(clients, options)) {
            for (int round = 0; round < 2; round++) {
                trainer.localProcess(down, ids(10), uplink -> {
                    inSink.add(torch.get_num_threads());
                    uplink.close();
                });
                assertThat(IntraOpThreads.current()).isEqualTo(4);
            }
            assertThat(numberInNewThread()).as("threads that are not ours").isEqualTo(elsewhere);
        }
        assertThat(inClients).containsExactly(3);
        assertThat(inSink).containsExactly(3);
    }

    private static int numberInNewThread() {
        AtomicInteger number = new AtomicInteger();
        StopTest.join(StopTest.start(() -> number.set(torch.get_num_threads())));
        return number.get();
    }

    @Test
    void shouldLeaveNoNativeThreadBehind() {
        openAndClose();
        int before = nativeThreads();
        for (int i = 0; i < 20; i++) {
            openAndClose();
        }
        // The virtual machine starts some threads meanwhile; ours would be eighty.
        Conditions.await("no more native threads than before", () -> nativeThreads() < before + 10);
        assertThat(Conditions.ownThreads()).isEmpty();
    }

    private void openAndClose() {
        try (var trainer = new ThreadPoolClientTrainer<>(Clients.adding(), workers(4))) {
            trainer.localProcess(down, ids(10), Up::close);
        }
    }

    private static int nativeThreads() {
        return new File("/proc/self/task").list().length;
    }

    @Test
    void shouldCallTheSinkWhileLaterClientsRun() {
        CountDownLatch firstTaken = new CountDownLatch(1);
        Clients clients = new Clients((cid, payload, context) -> {
            if (cid == 1) {
                awaitUnchecked(firstTaken);
            }
            return plus(cid, payload);
        });
        try (var trainer = new ThreadPoolClientTrainer<>(clients, workers(2))) {
            trainer.localProcess(down, ids(2), uplink -> {
                uplink.close();
                firstTaken.countDown();
            });
            assertThat(firstTaken.getCount()).isZero();
        }
    }
}
