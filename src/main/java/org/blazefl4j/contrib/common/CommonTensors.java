package org.blazefl4j.contrib.common;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.shm.TensorWalk;
import org.blazefl4j.trainer.ProcessPoolClientTrainer;
import org.bytedeco.pytorch.Tensor;

/**
 * The tensors that data sets of several clients have in common, such as one that all clients' indices point into.
 *
 * <p>In worker processes these lie in shared memory once, for all workers and rounds. A tensor that one client's data
 * set alone refers to, such as its indices, crosses with that client in every round and is copied once each time: keep
 * what is large in a tensor that all data sets point into, as {@code FilteredDataset} does, or share it by name.
 */
public final class CommonTensors {

    private CommonTensors() {}

    /**
     * Copies them to a trainer's shared memory, so that they do not cross with each client. Closes the trainer if that
     * fails.
     *
     * @param trainer whose workers will read the data sets
     * @param datasets of all clients
     * @throws IllegalStateException if shared memory is too small
     */
    public static void share(ProcessPoolClientTrainer<?, ?, ?> trainer, List<Dataset> datasets) {
        try {
            List<Tensor> tensors = among(datasets);
            for (int i = 0; i < tensors.size(); i++) {
                trainer.share("clients.data." + i, tensors.get(i));
            }
        } catch (RuntimeException | Error e) {
            trainer.close();
            throw e;
        }
    }

    /**
     * Finds them.
     *
     * @param datasets of all clients
     * @return the data sets' own tensors, each once, in the order in which they were met a second time
     */
    static List<Tensor> among(List<Dataset> datasets) {
        Map<Tensor, Integer> uses = new IdentityHashMap<>();
        List<Tensor> common = new ArrayList<>();
        for (Dataset dataset : datasets) {
            for (TensorWalk.Found found : TensorWalk.tensors(dataset)) {
                if (uses.merge(found.tensor(), 1, Integer::sum) == 2) {
                    common.add(found.tensor());
                }
            }
        }
        return common;
    }
}
