package org.blazefl4j.cli;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.blazefl4j.trainer.FailurePolicy;
import org.blazefl4j.trainer.TrainerOptions;

/**
 * What becomes of clients that fail.
 *
 * @param retries how often a client is trained again in one round
 * @param last what becomes of the round when the last attempt fails
 * @param timeLimit how long one client may train; null for as long as it likes
 */
record FailureSettings(int retries, OnClientFailure last, Duration timeLimit) {

    /** Puts them into a trainer's options. */
    TrainerOptions.Builder in(TrainerOptions.Builder options) {
        options.onClientFailure(new FailurePolicy(retries, last == OnClientFailure.DROP));
        return timeLimit == null ? options : options.clientTimeLimit(timeLimit);
    }

    /** In words. */
    String describe() {
        String end = last == OnClientFailure.DROP ? "the round goes on without the client" : "the run ends";
        String first =
                retries == 0 ? end : "up to " + retries + (retries == 1 ? " retry" : " retries") + ", then " + end;
        return timeLimit == null ? first : first + "; at most " + seconds() + " s a client";
    }

    /** By option name, for result files. */
    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("retries", retries);
        map.put("on_client_failure", last.toString());
        map.put("client_time_limit", timeLimit == null ? null : seconds());
        return map;
    }

    private BigDecimal seconds() {
        BigDecimal seconds = BigDecimal.valueOf(timeLimit.toNanos(), 9).stripTrailingZeros();
        return seconds.scale() < 0 ? seconds.setScale(0) : seconds; // 30, not 3E+1
    }
}
