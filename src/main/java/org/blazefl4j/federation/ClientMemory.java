package org.blazefl4j.federation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.blazefl4j.core.WorkerContext;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** What a client keeps between rounds, by name, so that several parts of an algorithm can each keep something. */
final class ClientMemory implements AutoCloseable {

    /** A client's state. The order of names does not matter. */
    record State(Map<String, Tensor> vectors, Map<String, Double> numbers) {}

    private final WorkerContext context;
    private final Map<String, Tensor> vectors = new HashMap<>();
    private final Map<String, Double> numbers = new HashMap<>();
    private final List<Tensor> adopted = new ArrayList<>();
    private @Nullable State before;

    ClientMemory(WorkerContext context) {
        this.context = context;
    }

    private State before() {
        if (before == null) {
            before = context.state(State.class).orElseGet(() -> new State(Map.of(), Map.of()));
        }
        return before;
    }

    Optional<Tensor> vector(String name) {
        return Optional.ofNullable(before().vectors().get(name));
    }

    Optional<Double> number(String name) {
        return Optional.ofNullable(before().numbers().get(name));
    }

    /** Keeps a vector, which stays open until {@link #commit()}. */
    void keep(String name, Tensor vector) {
        vectors.put(name, vector);
    }

    /** Keeps a vector that belongs to nobody else, and frees it when the client ends. */
    void adopt(String name, Tensor vector) {
        adopted.add(vector);
        keep(name, vector);
    }

    void keep(String name, double number) {
        numbers.put(name, number);
    }

    /** Makes what was kept the client's state, with what was not kept anew. */
    void commit() {
        if (vectors.isEmpty() && numbers.isEmpty()) {
            return;
        }
        before().vectors().forEach(vectors::putIfAbsent);
        before().numbers().forEach(numbers::putIfAbsent);
        context.keepState(new State(vectors, numbers));
    }

    /** Frees what was adopted; safe to call twice. */
    @Override
    public void close() {
        adopted.forEach(Tensor::close);
        adopted.clear();
    }
}
