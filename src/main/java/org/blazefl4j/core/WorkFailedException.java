package org.blazefl4j.core;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.blazefl4j.util.Throwables;

/**
 * A worker did not return what it was given to do: it threw, died, froze or was killed, or ran over its time limit.
 * Message and cause say which.
 */
public abstract class WorkFailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Where, in what LibTorch throws, the message ends and pages of its native stack begin. */
    private static final Pattern NATIVE_STACK = Pattern.compile("\n(Exception raised from |frame #0: )");

    private final String what;
    private final int worker;
    private final String reason;
    private final int attempts;

    /**
     * Describes one failure.
     *
     * @param what what failed, as the beginning of a message
     * @param worker the worker's index
     * @param reason what happened
     * @param cause the worker's own exception, with its stack trace; null if there is none
     */
    WorkFailedException(String what, int worker, String reason, Throwable cause) {
        super(what + ", worker=" + worker + ": " + reason, cause);
        this.what = what;
        this.worker = worker;
        this.reason = reason;
        this.attempts = 1;
    }

    /** Describes the last of several attempts, with another message. */
    WorkFailedException(String message, WorkFailedException last, int attempts) {
        super(message, last.getCause());
        this.what = last.what;
        this.worker = last.worker;
        this.reason = last.reason;
        this.attempts = attempts;
    }

    /** What was thrown, as a reason; LibTorch's native stack is left to the cause. */
    static String reason(Throwable cause) {
        String text = Throwables.text(cause);
        Matcher stack = NATIVE_STACK.matcher(text);
        return stack.find() ? text.substring(0, stack.start()).stripTrailing() : text;
    }

    /**
     * Describes the failure of what was tried several times: the last attempt's failure, with the number of attempts in
     * its message and the failures before it suppressed.
     *
     * @param attempts the attempts' failures in their order, one at least
     * @return the failure itself if there was one attempt only; else one of the same class
     */
    public static WorkFailedException ofAttempts(List<? extends WorkFailedException> attempts) {
        WorkFailedException last = attempts.get(attempts.size() - 1);
        if (attempts.size() == 1) {
            return last;
        }
        WorkFailedException all = last.after(attempts.size());
        attempts.subList(0, attempts.size() - 1).forEach(all::addSuppressed);
        return all;
    }

    private WorkFailedException after(int tried) {
        return again(what + ", worker=" + worker + ", attempts=" + tried + ": " + reason, tried);
    }

    /** The same failure with another message and number of attempts. */
    abstract WorkFailedException again(String message, int attempts);

    /** The index of the worker that it was given to. */
    public final int worker() {
        return worker;
    }

    /** How often it was tried in vain, from 1. */
    public final int attempts() {
        return attempts;
    }
}
