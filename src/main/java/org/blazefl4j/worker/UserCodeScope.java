package org.blazefl4j.worker;

/**
 * A scope in which the thread of a round runs user code, such as a sink, while clients may run in other threads. Draws
 * from the default generator made meanwhile are not attributed to a client. For one thread.
 */
public final class UserCodeScope implements AutoCloseable {

    private boolean running;

    public UserCodeScope() {
        resume();
    }

    public void resume() {
        if (!running) {
            DefaultGeneratorWatch.countUserCode(1);
            running = true;
        }
    }

    /** Leaves user code until {@link #resume}, while the thread waits for clients. */
    public void pause() {
        if (running) {
            running = false;
            DefaultGeneratorWatch.countUserCode(-1);
        }
    }

    @Override
    public void close() {
        pause();
    }
}
