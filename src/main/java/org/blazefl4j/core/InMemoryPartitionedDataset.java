package org.blazefl4j.core;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.data.FilteredDataset;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Data sets in maps, by partition type and client. Crosses into worker processes with its data sets.
 *
 * <p>Owns only the index tensors that {@link #setClients} and {@link #setCommon} make; data sets stay the caller's. Not
 * safe for writing while another thread uses it.
 *
 * @param <P> the partition types, such as train and test
 */
public final class InMemoryPartitionedDataset<P extends Enum<P>> implements PartitionedDataset<P>, AutoCloseable {

    private final Map<P, Dataset> common = new LinkedHashMap<>();
    private final Map<P, Map<Integer, Dataset>> ofClients = new LinkedHashMap<>();
    private final List<Tensor> made = new ArrayList<>();

    /** Makes an empty data set. */
    public InMemoryPartitionedDataset() {}

    @Override
    public Dataset getDataset(P type, @Nullable Integer cid) {
        Dataset found = find(type, cid);
        if (found == null) {
            throw new IllegalArgumentException("no such data: type=" + type + ", client=" + (cid == null ? "none" : cid)
                    + ", found=" + contents() + "; set it first");
        }
        return found;
    }

    @Override
    public boolean hasDataset(P type, @Nullable Integer cid) {
        return find(type, cid) != null;
    }

    private @Nullable Dataset find(P type, @Nullable Integer cid) {
        return cid == null ? common.get(type) : ofClient(type, cid);
    }

    private @Nullable Dataset ofClient(P type, Integer cid) {
        return ofClients.getOrDefault(type, Map.of()).get(cid);
    }

    @Override
    public void setDataset(P type, @Nullable Integer cid, Dataset dataset) {
        if (cid == null) {
            common.put(type, dataset);
            return;
        }
        Arguments.require(cid >= 0, "negative client id: client=" + cid + ", limit=0 or more");
        ofClients.computeIfAbsent(type, t -> new TreeMap<>()).put(cid, dataset);
    }

    /**
     * Divides a data set among the clients 0, 1, ...
     *
     * @param whole stays the caller's
     * @param parts each client's positions in it, as a {@link org.blazefl4j.data.Partitioner} returns them
     * @throws IllegalArgumentException if a position is out of range
     */
    public void setClients(P type, Dataset whole, List<long[]> parts) {
        for (int cid = 0; cid < parts.size(); cid++) {
            setDataset(type, cid, part(whole, parts.get(cid)));
        }
    }

    /**
     * Sets a part of a data set as the common samples of a type.
     *
     * @param whole stays the caller's
     * @param part positions in it
     * @throws IllegalArgumentException if a position is out of range
     */
    public void setCommon(P type, Dataset whole, long[] part) {
        setDataset(type, part(whole, part));
    }

    private Dataset part(Dataset whole, long[] positions) {
        Tensor indices = Tensors.of(positions);
        indices.retainReference(); // outlives the caller's scope
        made.add(indices);
        return new FilteredDataset(indices, whole);
    }

    /** Returns the clients that have samples of a type, ascending. */
    public List<Integer> clients(P type) {
        return List.copyOf(ofClients.getOrDefault(type, Map.of()).keySet());
    }

    /** Removes all data and frees the index tensors. */
    @Override
    public void close() {
        common.clear();
        ofClients.clear();
        made.forEach(Tensor::close);
        made.clear();
    }

    private String contents() {
        Map<String, String> what = new TreeMap<>();
        common.keySet().forEach(type -> what.put(type.name(), "common"));
        ofClients.forEach((type, sets) -> what.merge(type.name(), clients(sets), (a, b) -> a + " and " + b));
        return what.entrySet().stream()
                .map(e -> e.getKey() + " (" + e.getValue() + ")")
                .collect(Collectors.joining(", ", "[", "]"));
    }

    private static String clients(Map<Integer, Dataset> sets) {
        List<Integer> ids = List.copyOf(sets.keySet());
        return ids.size() + " clients from " + ids.get(0) + " to " + ids.get(ids.size() - 1);
    }
}
