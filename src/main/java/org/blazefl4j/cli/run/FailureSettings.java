package org.blazefl4j.cli.run;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.trainer.FailurePolicy;
import org.blazefl4j.trainer.TrainerOptions;

/**
 * What becomes of clients that fail.
 *
 * @param retries how often a client is trained again in one round
 * @param last what becomes of the round when the last attempt fails
 * @param nonFinite what becomes of results that are not finite
 * @param timeLimit how long one client may train; null for as long as it likes
 */
public record FailureSettings(int retries, OnClientFailure last, NonFinitePolicy nonFinite, Duration timeLimit) {

    /** Under which it is in result files and checkpoints, the latter of this version on. */
    static final String ON_NON_FINITE = "on_non_finite";

    private static final String ON_CLIENT_FAILURE = "on_client_failure";

    /** Puts them into a trainer's options. */
    TrainerOptions.Builder in(TrainerOptions.Builder options) {
        options.onClientFailure(new FailurePolicy(retries, last == OnClientFailure.DROP))
                .onNonFinite(nonFinite);
        return timeLimit == null ? options : options.clientTimeLimit(timeLimit);
    }

    /**
     * Whether a run goes on without results that are not finite, as a run with these settings, by option name, does.
     */
    static boolean dropsNonFinite(Map<String, ?> settings) {
        Object policy = settings.get(ON_NON_FINITE);
        return NonFinitePolicy.DROP.toString().equals(policy)
                || NonFinitePolicy.RETRY.toString().equals(policy)
                        && OnClientFailure.DROP.toString().equals(settings.get(ON_CLIENT_FAILURE));
    }

    /** In words. */
    String describe() {
        String end = last == OnClientFailure.DROP ? "the round goes on without the client" : "the run ends";
        String first =
                retries == 0 ? end : "up to " + retries + (retries == 1 ? " retry" : " retries") + ", then " + end;
        String limited = timeLimit == null ? first : first + "; at most " + seconds() + " s a client";
        return nonFinite == NonFinitePolicy.WARN ? limited : limited + "; results not finite: " + nonFinite;
    }

    /** By option name, for result files. */
    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("retries", retries);
        map.put(ON_CLIENT_FAILURE, last.toString());
        map.put(ON_NON_FINITE, nonFinite.toString());
        map.put("client_time_limit", timeLimit == null ? null : seconds());
        return map;
    }

    private BigDecimal seconds() {
        BigDecimal seconds = BigDecimal.valueOf(timeLimit.toNanos(), 9).stripTrailingZeros();
        return seconds.scale() < 0 ? seconds.setScale(0) : seconds; // 30, not 3E+1
    }
}
