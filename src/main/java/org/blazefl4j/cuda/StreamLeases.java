package org.blazefl4j.cuda;

import java.util.HashMap;
import java.util.Map;
import java.util.function.IntFunction;
import org.blazefl4j.cuda.WorkerStream.Stream;

/**
 * How many workers have each stream. LibTorch hands out the same streams again and again, so workers share them once
 * there are more workers than streams. Guarded by the lock of captures: no stream comes to be shared while it is
 * captured.
 */
final class StreamLeases {

    /** The number of streams that LibTorch has for a device, of those that workers take. */
    static final int STREAMS = 32;

    /** Those of this process. */
    static final StreamLeases PROCESS = new StreamLeases();

    private record Key(int device, long id) {}

    private final Map<Key, Integer> workers = new HashMap<>();

    /**
     * A worker's stream, until it is given back.
     *
     * @param device the index of its device
     */
    record Lease(StreamLeases all, int device, Stream stream) {

        private Key key() {
            return new Key(device, stream.id());
        }

        /** Returns whether other workers have the same stream. */
        boolean isShared() {
            synchronized (CudaGraph.LOCK) {
                return all.workers.getOrDefault(key(), 0) > 1;
            }
        }

        void giveBack() {
            synchronized (CudaGraph.LOCK) {
                all.workers.computeIfPresent(key(), (key, count) -> count == 1 ? null : count - 1);
            }
            stream.close();
        }
    }

    /** Takes a stream of a device: one that no other worker has, while there is one. */
    Lease take(int device, IntFunction<Stream> next) {
        synchronized (CudaGraph.LOCK) {
            Stream stream = next.apply(device);
            for (int i = 1; i < STREAMS && workers.containsKey(new Key(device, stream.id())); i++) {
                stream.close();
                stream = next.apply(device);
            }
            Lease lease = new Lease(this, device, stream);
            workers.merge(lease.key(), 1, Integer::sum);
            return lease;
        }
    }
}
