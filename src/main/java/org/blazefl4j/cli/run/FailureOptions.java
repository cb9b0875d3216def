package org.blazefl4j.cli.run;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.blazefl4j.cli.options.Converters;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.trainer.FailurePolicy;
import org.blazefl4j.trainer.TrainerOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options for clients that fail. */
@Command(optionListHeading = "%nClients that fail%n")
final class FailureOptions {

    /** The name in result files and checkpoints; earlier versions do not save it. */
    static final String ON_NON_FINITE = "on_non_finite";

    private static final String ON_CLIENT_FAILURE = "on_client_failure";

    /** What happens to a round when a client's last attempt fails. */
    enum OnClientFailure {
        FAIL,
        DROP;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Option(
            names = "--retries",
            paramLabel = "N",
            defaultValue = "0",
            converter = Converters.Retries.class,
            description = "How often a failed client is trained again in a round, up to 255. A retry gives the same"
                    + " result as a first attempt. Default: ${DEFAULT-VALUE}.")
    int retries;

    @Option(
            names = "--on-client-failure",
            paramLabel = "WHAT",
            defaultValue = "fail",
            description = {
                "What to do when a client's last attempt fails. Default: ${DEFAULT-VALUE}.",
                "- fail: end the run",
                "- drop: continue the round without the client, which changes the result"
            })
    OnClientFailure onClientFailure;

    @Option(
            names = "--on-non-finite",
            paramLabel = "WHAT",
            defaultValue = "warn",
            description = {
                "What to do with a client's result that contains NaN or an infinity, for example because the learning"
                        + " rate is too large. Default: ${DEFAULT-VALUE}.",
                "- warn: use it like any other; log a warning and record it in the result files",
                "- fail: end the run, also if the server's own model is not finite",
                "- drop: continue the round without the client, which changes the result",
                "- retry: treat it as a failure of the client, which every attempt repeats; then --retries and"
                        + " --on-client-failure apply"
            })
    NonFinitePolicy onNonFinite;

    @Option(
            names = "--client-time-limit",
            paramLabel = "S",
            description = "Seconds that a client may train. A client that takes longer is stopped and counts as failed."
                    + " Default: no limit.")
    @Nullable
    Duration clientTimeLimit;

    TrainerOptions.Builder applyTo(TrainerOptions.Builder options) {
        options.onClientFailure(new FailurePolicy(retries, onClientFailure == OnClientFailure.DROP))
                .onNonFinite(onNonFinite);
        return clientTimeLimit == null ? options : options.clientTimeLimit(clientTimeLimit);
    }

    /** Returns whether a run with these settings, by option name, continues without results that are not finite. */
    static boolean dropsNonFinite(Map<String, ?> settings) {
        Object policy = settings.get(ON_NON_FINITE);
        return NonFinitePolicy.DROP.toString().equals(policy)
                || NonFinitePolicy.RETRY.toString().equals(policy)
                        && OnClientFailure.DROP.toString().equals(settings.get(ON_CLIENT_FAILURE));
    }

    String describe() {
        String text = retries == 0 ? "" : "up to " + retries + (retries == 1 ? " retry" : " retries") + ", then ";
        text += onClientFailure == OnClientFailure.DROP ? "the round continues without the client" : "the run ends";
        if (clientTimeLimit != null) {
            text += "; at most " + seconds(clientTimeLimit) + " s a client";
        }
        return onNonFinite == NonFinitePolicy.WARN ? text : text + "; results not finite: " + onNonFinite;
    }

    /** Returns the settings by option name, for result files. */
    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("retries", retries);
        map.put(ON_CLIENT_FAILURE, onClientFailure.toString());
        map.put(ON_NON_FINITE, onNonFinite.toString());
        map.put("client_time_limit", clientTimeLimit == null ? null : seconds(clientTimeLimit));
        return map;
    }

    private static BigDecimal seconds(Duration limit) {
        BigDecimal seconds = BigDecimal.valueOf(limit.toNanos(), 9).stripTrailingZeros();
        return seconds.scale() < 0 ? seconds.setScale(0) : seconds; // 30, not 3E+1
    }
}
