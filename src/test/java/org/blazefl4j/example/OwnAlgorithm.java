package org.blazefl4j.example;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.trainer.ProcessPoolClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The smallest user-defined algorithm: each client returns the global vector plus its id. */
final class OwnAlgorithm {

    private OwnAlgorithm() {}

    // begin docs/guide.md
    record Down(Tensor vector) {}

    record Up(int cid, Tensor vector) {}

    record Clients(long length) implements ClientAlgorithm<Integer, Down, Up> {

        public Integer getClientConfig(int cid) {
            return cid;
        }

        public ClientWorker<Integer, Down, Up> worker() {
            return Clients::train;
        }

        public Up prepareUplinkPackageBuffer() {
            return new Up(0, torch.empty(length));
        }

        static Up train(Integer cid, Down payload, WorkerContext context) {
            Up result = context.uplinkBuffer(); // in process mode a view of shared memory
            result.vector().copy_(payload.vector()).add_(new Scalar(cid));
            return new Up(cid, result.vector());
        }
    }

    /** Runs one round in worker processes; returns the first element of each client's vector. */
    static List<Float> firstElements(List<Integer> cids) {
        List<Float> first = new ArrayList<>();
        try (Tensor vector = torch.ones(8);
                var trainer = new ProcessPoolClientTrainer<>(new Clients(8), TrainerOptions.defaults())) {
            trainer.localProcess(new Down(vector), cids, up -> {
                try (Tensor result = up.vector()) {
                    first.add(result.data_ptr_float().get());
                }
            });
        }
        return first;
    }
    // end docs/guide.md
}
