package org.blazefl4j.cli.run;

import java.math.BigDecimal;
import java.time.Duration;
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

    @Option(names = "--retries", paramLabel = "N", converter = Converters.Retries.class)
    int retries;

    @Option(names = "--on-client-failure", paramLabel = "WHAT")
    OnClientFailure onClientFailure = OnClientFailure.FAIL;

    @Option(names = "--on-non-finite", paramLabel = "WHAT")
    NonFinitePolicy onNonFinite = NonFinitePolicy.WARN;

    @Option(names = "--client-time-limit", paramLabel = "S")
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

    static BigDecimal seconds(Duration limit) {
        BigDecimal seconds = BigDecimal.valueOf(limit.toNanos(), 9).stripTrailingZeros();
        return seconds.scale() < 0 ? seconds.setScale(0) : seconds; // 30, not 3E+1
    }
}
