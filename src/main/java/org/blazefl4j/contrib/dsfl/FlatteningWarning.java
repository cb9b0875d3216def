package org.blazefl4j.contrib.dsfl;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Locale;
import org.bytedeco.pytorch.Tensor;

/** Warns, once, if entropy reduction raises the entropy by more than a hundredth of the largest possible entropy. */
final class FlatteningWarning {

    private static final Logger LOGGER = System.getLogger(FlatteningWarning.class.getName());

    private static final double NOTICEABLE = 0.01;

    private boolean warned;

    /** Compares the mean of the clients' soft labels in a round, from 0, with the sharpened mean. */
    void check(int round, SoftLabelMean mean, Tensor result, double temperature) {
        if (warned) {
            return;
        }
        double before = mean.entropy();
        double after = SoftLabelMean.entropy(result);
        if (after > before + NOTICEABLE * Math.log(result.size(1))) {
            warned = true;
            LOGGER.log(
                    Level.WARNING,
                    String.format(
                            Locale.ROOT,
                            "temperature flattens the clients' labels instead of sharpening them: round=%d,"
                                    + " era_temperature=%s, entropy=%.4f, entropy before=%.4f, limit=below"
                                    + " (p_max - p_rest) / ln(p_max / p_rest), with p_rest that of each other class; lower the"
                                    + " temperature (--era-temperature)",
                            round + 1,
                            temperature,
                            after,
                            before));
        }
    }
}
