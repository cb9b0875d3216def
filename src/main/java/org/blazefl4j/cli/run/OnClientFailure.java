package org.blazefl4j.cli.run;

import java.util.Locale;

/** What becomes of a round whose client failed for good, as named on the command line. */
public enum OnClientFailure {
    FAIL,
    DROP;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
