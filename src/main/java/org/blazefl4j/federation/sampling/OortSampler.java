package org.blazefl4j.federation.sampling;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.federation.ClientSampler;

/** Oort's sampler, as {@link Samplers#oort} says. Scaling, and T as a quantile, are those of the authors' code. */
final class OortSampler implements ClientSampler, Checkpointable {

    private static final double EXPLORATION = 0.9;
    private static final double EXPLORATION_DECAY = 0.98;
    private static final double LEAST_EXPLORATION = 0.3;
    private static final double UNCERTAINTY = 0.1;
    private static final double CLIP = 0.95;
    private static final double CUT_OFF = 0.95;
    private static final int WINDOW = 20;
    private static final double FIRST_QUANTILE = 0.3;
    private static final double PACE = 0.05;

    private final DeclaredTimes times;
    private final ClientValues losses = new ClientValues();
    private final ClientValues lastRounds = new ClientValues();

    /** The utility that the last two windows of rounds have earned. */
    private final Deque<Double> earned = new ArrayDeque<>();

    private int paces;

    /** The sizes of the round's clients. */
    private final Map<Integer, Long> sizes = new HashMap<>();

    OortSampler(IntToDoubleFunction seconds) {
        this.times = new DeclaredTimes(seconds);
    }

    @Override
    public List<Integer> sample(Draw draw) {
        List<Integer> known = new ArrayList<>();
        List<Integer> unknown = new ArrayList<>();
        for (int cid : draw.candidates()) {
            (lastRounds.has(cid) ? known : unknown).add(cid);
        }
        int wanted = (int) Math.ceil(draw.clientsPerRound() * exploration(draw.round()));
        int explored = Math.min(unknown.size(), Math.max(wanted, draw.clientsPerRound() - known.size()));
        List<Integer> chosen =
                new ArrayList<>(Draws.weighted(unknown, explored, cid -> 1 / times.of(cid), draw.random("explore")));
        chosen.addAll(exploit(known, draw.clientsPerRound() - explored, draw));
        sizes.clear();
        chosen.forEach(cid -> sizes.put(cid, draw.dataSize(cid)));
        return Draws.ascending(chosen);
    }

    private static double exploration(int round) {
        return Math.max(LEAST_EXPLORATION, EXPLORATION * StrictMath.pow(EXPLORATION_DECAY, round));
    }

    /** Draws among the clients whose score is at least nearly that of the last one needed. */
    private List<Integer> exploit(List<Integer> known, int wanted, Draw draw) {
        int count = Math.min(wanted, known.size());
        if (count == 0) {
            return List.of();
        }
        ClientValues scores = scores(known, draw);
        double[] sorted =
                known.stream().mapToDouble(cid -> scores.get(cid, 0)).sorted().toArray();
        double limit = CUT_OFF * sorted[sorted.length - count];
        List<Integer> good =
                known.stream().filter(cid -> scores.get(cid, 0) >= limit).toList();
        return Draws.weighted(good, count, cid -> scores.get(cid, 0), draw.random("exploit"));
    }

    private ClientValues scores(List<Integer> known, Draw draw) {
        double[] utilities = known.stream()
                .mapToDouble(cid -> utility(cid, draw.dataSize(cid)))
                .sorted()
                .toArray();
        double least = utilities[0];
        double most = quantile(utilities, CLIP);
        double preferred = preferredTime(draw.numClients());
        double uncertainty = UNCERTAINTY * StrictMath.log(draw.round() + 1.0);
        ClientValues scores = new ClientValues();
        for (int cid : known) {
            double utility = Math.min(utility(cid, draw.dataSize(cid)), most);
            double scaled = most > least ? (utility - least) / (most - least) : 0;
            double slow = Math.min(1, preferred / times.of(cid));
            double score = scaled + Math.sqrt(uncertainty / lastRounds.get(cid, 1));
            scores.put(cid, score * slow * slow);
        }
        return scores;
    }

    /** A loss that is not a number is worth nothing. */
    private double utility(int cid, long dataSize) {
        double utility = dataSize * losses.get(cid, 0);
        return Double.isFinite(utility) ? utility : 0;
    }

    private double preferredTime(int numClients) {
        double quantile = FIRST_QUANTILE + PACE * paces;
        if (quantile >= 1) {
            return Double.POSITIVE_INFINITY;
        }
        double[] all = new double[numClients];
        Arrays.setAll(all, times::of);
        Arrays.sort(all);
        return quantile(all, quantile);
    }

    private static double quantile(double[] sorted, double share) {
        return sorted[Math.min((int) (sorted.length * share), sorted.length - 1)];
    }

    @Override
    public void completed(Outcome outcome) {
        double sum = 0;
        for (Map.Entry<Integer, Map<String, Double>> each : outcome.numbers().entrySet()) {
            int cid = each.getKey();
            losses.put(cid, Reported.rootSquaredLoss(cid, each.getValue()));
            lastRounds.put(cid, outcome.round() + 1);
            sum += utility(cid, sizes.getOrDefault(cid, 0L));
        }
        earned.add(sum);
        pace(outcome.round() + 1);
    }

    /** Prefers slower clients too when the last window of rounds has earned less than the one before. */
    private void pace(int rounds) {
        if (earned.size() > 2 * WINDOW) {
            earned.remove();
        }
        if (earned.size() == 2 * WINDOW && rounds % WINDOW == 0) {
            double before =
                    earned.stream().limit(WINDOW).mapToDouble(sum -> sum).sum();
            double lately = earned.stream().skip(WINDOW).mapToDouble(sum -> sum).sum();
            paces += before > lately ? 1 : 0;
        }
    }

    private record Pace(double[] earned, int paces) {}

    @Override
    public boolean needsLosses() {
        return true;
    }

    @Override
    public void save(CheckpointWriter out) {
        losses.save(out, "losses");
        lastRounds.save(out, "last_rounds");
        out.put("pace", new Pace(earned.stream().mapToDouble(sum -> sum).toArray(), paces));
    }

    @Override
    public void restore(CheckpointReader in) {
        losses.restore(in, "losses");
        lastRounds.restore(in, "last_rounds");
        Pace pace = in.get("pace", Pace.class);
        earned.clear();
        Arrays.stream(pace.earned).forEach(earned::add);
        paces = pace.paces;
    }

    @Override
    public String toString() {
        return "oort";
    }
}
