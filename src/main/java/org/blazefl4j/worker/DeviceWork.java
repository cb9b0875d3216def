package org.blazefl4j.worker;

import java.util.concurrent.Callable;
import org.blazefl4j.cuda.CudaErrors;
import org.blazefl4j.cuda.DeviceData;
import org.blazefl4j.cuda.DeviceWatch;
import org.blazefl4j.cuda.WorkerStream;

/** What a worker has for clients that compute on CUDA devices: streams, data sets, and a watch of memory and errors. */
final class DeviceWork implements AutoCloseable {

    private final DeviceWatch watch = new DeviceWatch();
    private final WorkerStream stream = new WorkerStream();
    private final DeviceData data;

    DeviceWork(WorkerSettings settings) {
        this.data = new DeviceData(settings.deviceDataShare());
    }

    /**
     * Calls a client. Refuses it once CUDA works no more. A worker process ends before; in threads, no policy helps.
     */
    <U> U during(ClientJob job, Callable<U> client) throws Exception {
        String lost = CudaErrors.lost();
        if (lost != null) {
            throw new ContractViolationException(
                    "CUDA context lost: " + job.name() + ", " + lost
                            + ", expected=none; CUDA refuses further work in this"
                            + " process: start it again, and train in worker processes, which are replaced",
                    null);
        }
        int index = Math.max(0, job.device().index()); // without an index, the current one, which is the first
        Callable<U> reading = () -> data.during(client);
        return watch.during(job.name(), job.device().toString(), index, () -> stream.on(index, reading));
    }

    /** Frees what only this worker has on devices. */
    @Override
    public void close() {
        data.close();
    }
}
