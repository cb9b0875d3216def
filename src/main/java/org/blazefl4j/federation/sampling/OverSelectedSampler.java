package org.blazefl4j.federation.sampling;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.blazefl4j.federation.ClientSampler;
import org.blazefl4j.util.Arguments;

/** Has more clients chosen than a round needs, and takes those that are first. */
final class OverSelectedSampler extends NestedSampler {

    private final double factor;
    private final DeclaredTimes times;

    OverSelectedSampler(double factor, IntToDoubleFunction seconds, ClientSampler inner) {
        super(inner);
        Arguments.require(
                factor >= 1 && factor < Double.POSITIVE_INFINITY,
                "factor of over-selection out of range: factor=" + factor + ", limit=1 or more and finite");
        this.factor = factor;
        this.times = new DeclaredTimes(seconds);
    }

    @Override
    public List<Integer> sample(Draw draw) {
        List<Integer> candidates = draw.candidates();
        List<Integer> chosen = inner().sample(new NarrowedDraw(draw, candidates, enlarged(draw, candidates.size())));
        return Draws.smallest(chosen, draw.clientsPerRound(), times::of);
    }

    /** Rounds up as decimal numbers are: 1.1 times 10 is 11. */
    private int enlarged(Draw draw, int most) {
        return BigDecimal.valueOf(factor)
                .multiply(BigDecimal.valueOf(draw.clientsPerRound()))
                .setScale(0, RoundingMode.CEILING)
                .min(BigDecimal.valueOf(Math.max(most, draw.clientsPerRound())))
                .intValue();
    }

    @Override
    public String toString() {
        return "over-selected:factor=" + factor + "(" + inner() + ")";
    }
}
