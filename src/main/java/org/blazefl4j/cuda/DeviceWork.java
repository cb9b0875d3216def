package org.blazefl4j.cuda;

import java.util.concurrent.Callable;

/** What a worker has for clients that compute on CUDA devices: streams, data sets, and a watch of memory and errors. */
public final class DeviceWork implements AutoCloseable {

    private final DeviceWatch watch = new DeviceWatch();
    private final WorkerStream stream = new WorkerStream();
    private final DeviceData data;
    private final GraphMode graphs;

    /**
     * Makes nothing on a device yet.
     *
     * @param dataShare the most of a device's free memory that data sets may take there, from 0 to 1
     * @param graphs whether the steps of clients' models are captured
     */
    public DeviceWork(double dataShare, GraphMode graphs) {
        this.data = new DeviceData(dataShare);
        this.graphs = graphs;
    }

    /**
     * Calls a client.
     *
     * @param name the client, for messages
     * @param device the name of its device
     * @param index the index of that device
     * @throws IllegalStateException if the device ran out of memory meanwhile, by this client or another there
     * @throws Exception what the client threw, or what failed on the device
     */
    public <T> T during(String name, String device, int index, Callable<T> client) throws Exception {
        Callable<T> withGraphs = () -> StepGraphs.during(graphs, client);
        return watch.during(name, device, index, () -> stream.on(index, () -> data.during(withGraphs)));
    }

    /** Frees what this worker alone has on devices. */
    @Override
    public void close() {
        try (stream) {
            data.close();
        }
    }
}
