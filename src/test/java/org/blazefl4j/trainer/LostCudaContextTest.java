package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.trainer.Clients.ids;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.cuda.LostContext;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** Worker processes in which CUDA works no more, by an error that a client makes up: no device is needed. */
@Slow
final class LostCudaContextTest {

    private static final String WORDS = "CUDA error: an illegal memory access was encountered";

    private final List<String> output = new CopyOnWriteArrayList<>();

    /** Fails as client 1 in the process whose number is the payload, as if a kernel had. Returns its process. */
    private static Up failIn(Integer cid, Down down, WorkerContext context) {
        long pid = ProcessHandle.current().pid();
        if (cid == 1 && down.value().item_float() == pid) {
            throw new RuntimeException(WORDS + "\nSearch for `cudaErrorIllegalAddress'");
        }
        return new Up(cid, torch.full(new long[] {1}, new Scalar((float) pid)));
    }

    private ProcessPoolClientTrainer<Integer, Down, Up> open(Device device, FailurePolicy policy) {
        TrainerOptions options = TrainerOptions.builder()
                .device(device)
                .deviceCount(1)
                .numParallels(1)
                .onClientFailure(policy)
                .build();
        ProcessOptions process = ProcessOptions.builder()
                .output((worker, line) -> output.add(line))
                .build();
        return new ProcessPoolClientTrainer<>(new Clients(LostCudaContextTest::failIn), options, process);
    }

    private static List<Double> processes(ProcessPoolClientTrainer<Integer, Down, Up> trainer, long payload) {
        List<Double> processes = new CopyOnWriteArrayList<>();
        trainer.localProcess(Down.of(payload), ids(4), up -> {
            processes.add(up.number());
            up.close();
        });
        return processes;
    }

    @Test
    void shouldGiveTheNextClientANewProcess() {
        try (var trainer = open(Device.parse("cuda"), FailurePolicy.failFast())) {
            long pid = trainer.workerPids().get(0);
            assertThatThrownBy(() -> processes(trainer, pid))
                    .isInstanceOf(ClientFailedException.class)
                    .hasMessageContaining("client failed: client=1, round=1")
                    .hasMessageContaining(WORDS);
            Conditions.await("the end of worker " + pid, () -> !Conditions.isRunning(pid));

            assertThat(processes(trainer, pid)).hasSize(4).doesNotContain((double) pid);
            Conditions.await(
                    "the worker's last words",
                    () -> output.stream()
                            .anyMatch(line -> line.contains("CUDA context lost: error=700 (an illegal memory access was"
                                    + " encountered); this worker ends and is replaced")));
        }
    }

    @Test
    void shouldTryTheClientAgainInANewProcess() {
        try (var trainer = open(Device.parse("cuda:0"), FailurePolicy.retry(1))) {
            long pid = trainer.workerPids().get(0);

            List<Double> processes = processes(trainer, pid);

            assertThat(processes).hasSize(4).startsWith((double) pid);
            assertThat(processes.subList(1, 4)).doesNotContain((double) pid);
            assertThat(trainer.retried())
                    .singleElement()
                    .satisfies(retried -> assertThat(retried.clientId()).isEqualTo(1));
        }
    }

    @WithoutProcesses
    void shouldEndTheRoundInThisProcess(ExecutionMode mode) {
        Clients clients = new Clients((cid, down, context) -> {
            throw new RuntimeException(WORDS);
        });
        TrainerOptions options = TrainerOptions.builder()
                .device(Device.parse("cuda"))
                .deviceCount(1)
                .numParallels(1)
                .onClientFailure(FailurePolicy.retry(2).thenDrop())
                .build();
        try (var trainer = mode.trainer(clients, options)) {
            assertThatThrownBy(() -> trainer.localProcess(Down.of(0), ids(4)))
                    .isInstanceOf(ClientFailedException.class)
                    .rootCause()
                    .hasMessage("CUDA context lost: client=0, error=700 (an illegal memory access was encountered),"
                            + " expected=none; CUDA refuses further work in this process: start it again, and train in"
                            + " worker processes, which are replaced");
        } finally {
            LostContext.forget();
        }
    }

    /** No client on the processor can break CUDA. */
    @Test
    void shouldKeepTheProcessOfAClientOnTheProcessor() {
        try (var trainer = open(Device.CPU, FailurePolicy.retry(1).thenDrop())) {
            long pid = trainer.workerPids().get(0);

            assertThat(processes(trainer, pid)).containsExactly((double) pid, (double) pid, (double) pid);
        }
    }
}
