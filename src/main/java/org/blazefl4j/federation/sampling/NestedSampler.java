package org.blazefl4j.federation.sampling;

import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.federation.ClientSampler;
import org.blazefl4j.federation.Federation;
import org.jspecify.annotations.Nullable;

/** A sampler that leaves the choice to another one, whose entries are beside its own in the checkpoint. */
abstract class NestedSampler implements ClientSampler, Checkpointable {

    /** Begins the names of the other one's entries, which may otherwise be the same as its own. */
    private static final String INNER = "inner ";

    private final ClientSampler inner;

    NestedSampler(ClientSampler inner) {
        this.inner = Objects.requireNonNull(inner, "sampler");
    }

    final ClientSampler inner() {
        return inner;
    }

    @Override
    public void check(Federation federation) {
        inner.check(federation);
    }

    @Override
    public void completed(Outcome outcome) {
        inner.completed(outcome);
    }

    @Override
    public boolean needsLosses() {
        return inner.needsLosses();
    }

    @Override
    public void save(CheckpointWriter out) {
        if (inner instanceof Checkpointable kept) {
            kept.save((name, value) -> out.put(INNER + name, value));
        }
    }

    @Override
    public void restore(CheckpointReader in) {
        if (inner instanceof Checkpointable kept) {
            kept.restore(new InnerEntries(in));
        }
    }

    private record InnerEntries(CheckpointReader all) implements CheckpointReader {

        @Override
        public <T extends @Nullable Object> T get(String name, Class<T> type) {
            return all.get(INNER + name, type);
        }

        @Override
        public Set<String> names() {
            return all.names().stream()
                    .filter(name -> name.startsWith(INNER))
                    .map(name -> name.substring(INNER.length()))
                    .collect(Collectors.toSet());
        }
    }
}
