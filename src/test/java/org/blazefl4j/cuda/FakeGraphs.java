package org.blazefl4j.cuda;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.torch.FlatParameters;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Graphs of a model on the CPU, which do at each replay what was captured. They note what is done, and fail when told
 * to.
 */
public final class FakeGraphs implements StepGraphs.Recorder {

    /** What was done, in order. */
    public final List<String> notes = new ArrayList<>();

    /** The note at which LibTorch fails; {@code differ} has a replay compute something else. */
    public String fails = "";

    private final FlatParameters state;
    private boolean replaying;
    private long memoryRefused;

    /** The counts before refusals of memory that were left out. */
    final List<Long> excused = new ArrayList<>();

    /** Captures work on this state. */
    public FakeGraphs(FlatParameters state) {
        this.state = state;
    }

    /** Returns what computes gradients by these graphs. */
    public StepGraphs steps(String model, boolean required) {
        return new StepGraphs(model, state, required, this);
    }

    /** Returns whether what is done now is a replay, in which no Java runs on a device. */
    public boolean isReplaying() {
        return replaying;
    }

    private void note(String what) {
        notes.add(what);
        if (fails.equals(what + " without memory")) {
            memoryRefused++;
            throw new IllegalStateException("CUDA out of memory. Tried to allocate 2.00 GiB");
        }
        if (what.equals(fails)) {
            throw new IllegalStateException("cannot " + what + "\nas LibTorch's calls show");
        }
    }

    @Override
    public long refusals() {
        return memoryRefused;
    }

    @Override
    public void excuse(long before) {
        excused.add(before);
    }

    /** Nothing is computed while work is captured: its memory is as before. */
    @Override
    public StepGraphs.Graph capture(Runnable work) {
        WorkerStream.requireOwn();
        note("begin");
        try (PointerScope scope = new PointerScope()) {
            List<Tensor> there = new ArrayList<>(List.of(state.vector(), state.gradients()));
            state.tensors().values().stream()
                    .filter(tensor -> !tensor.is_floating_point())
                    .forEach(there::add);
            List<Tensor> before = there.stream().map(Tensor::clone).toList();
            work.run();
            try (NoGradGuard guard = new NoGradGuard()) {
                for (int i = 0; i < there.size(); i++) {
                    there.get(i).copy_(before.get(i));
                }
            }
        }
        note("end");
        return new StepGraphs.Graph() {
            @Override
            public void replay() {
                note("replay");
                replaying = true;
                work.run();
                replaying = false;
                if (fails.equals("differ")) {
                    state.gradients().add_(new Scalar(1));
                }
            }

            @Override
            public void close() {
                note("close");
            }
        };
    }
}
