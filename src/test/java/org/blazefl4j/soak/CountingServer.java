package org.blazefl4j.soak;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The server of {@link CountingClients}: the next vector is the mean of theirs. */
final class CountingServer
        implements ServerHandler<CountingClients.Down, CountingClients.Up>, Checkpointable, AutoCloseable {

    private final int clients;
    private final int rounds;
    private Tensor vector;
    private Tensor next;
    private int loaded;
    private int completed;

    CountingServer(int floats, int clients, int rounds) {
        this.clients = clients;
        this.rounds = rounds;
        this.vector = torch.zeros(floats);
        this.next = torch.zeros(floats);
    }

    @Override
    public CountingClients.Down downlinkPackage() {
        return new CountingClients.Down(vector);
    }

    @Override
    public List<Integer> sampleClients() {
        return IntStream.range(0, clients).boxed().toList();
    }

    @Override
    public boolean isStopped() {
        return completed >= rounds;
    }

    @Override
    public boolean load(CountingClients.Up uplink) {
        next.add_(uplink.vector());
        if (++loaded < clients) {
            return false;
        }
        completeRound();
        return true;
    }

    private void completeRound() {
        try (Scalar count = new Scalar((float) clients)) {
            next.div_(count);
        }
        Tensor last = vector;
        vector = next;
        next = last.zero_();
        loaded = 0;
        completed++;
    }

    @Override
    public Map<String, Object> getSummary() {
        return Map.of("sha256", Tensors.sha256(vector));
    }

    @Override
    public void save(CheckpointWriter out) {
        out.put("completed", completed);
        out.put("vector", vector);
    }

    @Override
    public void restore(CheckpointReader in) {
        completed = in.get("completed", Integer.class);
        try (Tensor saved = in.get("vector", Tensor.class)) {
            vector.copy_(saved);
        }
    }

    @Override
    public void close() {
        vector.close();
        next.close();
    }
}
