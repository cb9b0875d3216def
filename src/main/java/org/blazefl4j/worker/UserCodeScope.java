package org.blazefl4j.worker;

/**
 * A stretch in which the thread that runs a round runs code of the caller, a sink say, while clients may run in other
 * threads. What moves the default generator meanwhile is held against no client. Used by one thread.
 */
public final class UserCodeScope implements AutoCloseable {

    private boolean running;

    /** The caller's code begins. */
    public UserCodeScope() {
        resume();
    }

    /** It goes on. */
    public void resume() {
        if (!running) {
            DefaultGeneratorWatch.enterCallersCode();
            running = true;
        }
    }

    /** It waits for clients. */
    public void pause() {
        if (running) {
            running = false;
            DefaultGeneratorWatch.leaveCallersCode();
        }
    }

    /** It ends. */
    @Override
    public void close() {
        pause();
    }
}
