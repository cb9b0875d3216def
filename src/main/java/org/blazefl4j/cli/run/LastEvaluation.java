package org.blazefl4j.cli.run;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.blazefl4j.contrib.common.Evaluation;

/** Evaluates clients, and keeps the results of each until they are evaluated again. */
final class LastEvaluation implements Supplier<List<Evaluation>> {

    private final List<Integer> cids;
    private final Function<List<Integer>, List<Evaluation>> source;
    private final IntSupplier rounds;
    private List<Evaluation> last = List.of();
    private int round;

    /**
     * Has not evaluated yet.
     *
     * @param cids the clients, in the order of results
     * @param rounds the round that is evaluated, from 1
     */
    LastEvaluation(List<Integer> cids, Function<List<Integer>, List<Evaluation>> source, IntSupplier rounds) {
        this.cids = cids;
        this.source = source;
        this.rounds = rounds;
    }

    @Override
    public List<Evaluation> get() {
        last = source.apply(cids);
        round = rounds.getAsInt();
        return last;
    }

    /** Returns the results as lists, for the result file; empty if clients were not evaluated. */
    Optional<Map<String, Object>> toMap() {
        if (last.isEmpty()) {
            return Optional.empty();
        }
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("round", round);
        map.put("client", cids);
        map.put("accuracy", last.stream().map(Evaluation::accuracy).toList());
        map.put("loss", last.stream().map(Evaluation::loss).toList());
        map.put("samples", last.stream().map(Evaluation::samples).toList());
        return Optional.of(map);
    }
}
