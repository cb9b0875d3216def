package org.blazefl4j.lab;

import java.util.function.BooleanSupplier;

/** The clients' work without a framework. Created, used and closed on one thread. */
public interface BareLoop extends AutoCloseable {

    /**
     * Does one client's work.
     *
     * @param stop checked before each step; the remaining steps are skipped once it returns true
     */
    void trainClient(BooleanSupplier stop);

    @Override
    void close();
}
