package org.blazefl4j.lab;

/** The work of clients with no framework around it. Made, used and closed by one thread. */
public interface BareLoop extends AutoCloseable {

    /** Does one client's work. */
    void trainClient();

    @Override
    void close();
}
