package org.blazefl4j.worker;

/**
 * A scope in which the thread of a round runs user code, such as a sink, while clients may run in other threads. Draws
 * from the default generator made meanwhile are not attributed to a client. For one thread.
 */
public final class UserCodeScope implements AutoCloseable {

    private boolean running;

    /** Begins user code. */
    public UserCodeScope() {
        resume();
    }

    /** Continues user code. */
    public void resume() {
        if (!running) {
            DefaultGeneratorWatch.enterUserCode();
            running = true;
        }
    }

    /** Pauses user code, while the thread waits for clients. */
    public void pause() {
        if (running) {
            running = false;
            DefaultGeneratorWatch.leaveUserCode();
        }
    }

    /** Ends user code. */
    @Override
    public void close() {
        pause();
    }
}
