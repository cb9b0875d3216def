package org.blazefl4j.federation;

import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** What parts read of a package from the server: a model, and what else the algorithm's clients need. */
public interface ModelDownlink {

    /** Returns the server's model: its whole state, float32, shape [numel]; read-only. */
    Tensor parameters();

    /** Returns further vectors, float32, shape [numel], such as a control variate; none by default. */
    default List<Tensor> vectors() {
        return List.of();
    }

    /** Returns further numbers by name; none by default. */
    default Map<String, Double> numbers() {
        return Map.of();
    }
}
