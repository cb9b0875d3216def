package org.blazefl4j.lab;

import java.util.function.BooleanSupplier;

/** The work of clients with no framework around it. Made, used and closed by one thread. */
public interface BareLoop extends AutoCloseable {

    /**
     * Does one client's work.
     *
     * @param stop looked at before each step of what takes several; the rest is left once it says so
     */
    void trainClient(BooleanSupplier stop);

    @Override
    void close();
}
