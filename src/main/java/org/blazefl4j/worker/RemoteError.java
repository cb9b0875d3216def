package org.blazefl4j.worker;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.core.WorkFailedException.RemoteWorkerException;
import org.blazefl4j.util.Throwables;
import org.jspecify.annotations.Nullable;

/**
 * A Throwable on its way from a worker, as text, because the parent may lack its class.
 *
 * @param stopped whether it reports that the client stopped early on request
 */
public record RemoteError(
        String className,
        @Nullable String message,
        List<Frame> frames,
        @Nullable RemoteError cause,
        List<RemoteError> suppressed,
        boolean stopped) {

    /** The most causes to follow, because chains may be endless. */
    private static final int MAX_DEPTH = 8;

    private static final int MAX_FRAMES = 256;
    private static final int MAX_SUPPRESSED = 16;
    private static final int MAX_IN_ALL = 64;
    private static final int MAX_MESSAGE = 1 << 16;
    private static final int BRIEF_FRAMES = 4;
    private static final int BRIEF_TEXT = 256;

    /** At most two bytes each. The rest of an area is for the structure. */
    private static final int BRIEF_CHARS = 3000;

    public RemoteError {
        Objects.requireNonNull(className, "className");
        Objects.requireNonNull(frames, "frames");
        Objects.requireNonNull(suppressed, "suppressed");
    }

    /** One line of a stack trace. */
    record Frame(String type, String method, @Nullable String file, int line) {

        public Frame {
            Objects.requireNonNull(type, "type");
            Objects.requireNonNull(method, "method");
        }

        int chars() {
            return type.length() + method.length() + (file == null ? 0 : file.length());
        }
    }

    public static RemoteError of(Throwable thrown) {
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        seen.add(thrown);
        return of(thrown, 0, seen);
    }

    private static @Nullable RemoteError other(@Nullable Throwable thrown, int depth, Set<Throwable> seen) {
        if (thrown == null || depth == MAX_DEPTH || seen.size() == MAX_IN_ALL || !seen.add(thrown)) {
            return null;
        }
        return of(thrown, depth, seen);
    }

    private static RemoteError of(Throwable thrown, int depth, Set<Throwable> seen) {
        List<Frame> frames = Stream.of(Throwables.trace(thrown))
                .limit(MAX_FRAMES)
                .map(element -> new Frame(
                        element.getClassName(),
                        element.getMethodName(),
                        element.getFileName(),
                        element.getLineNumber()))
                .toList();
        RemoteError cause = other(Throwables.cause(thrown), depth + 1, seen);
        List<RemoteError> suppressed = new ArrayList<>();
        for (Throwable each : thrown.getSuppressed()) {
            RemoteError error = suppressed.size() < MAX_SUPPRESSED ? other(each, depth + 1, seen) : null;
            if (error != null) {
                suppressed.add(error);
            }
        }
        return new RemoteError(
                nameOf(thrown), messageOf(thrown), frames, cause, suppressed, isA(StoppedException.class, thrown));
    }

    /** Returns the class, that of the original if it crossed before. */
    private static String nameOf(Throwable thrown) {
        return thrown instanceof RemoteWorkerException remote
                ? remote.className()
                : thrown.getClass().getName();
    }

    private static @Nullable String messageOf(Throwable thrown) {
        String message = Throwables.message(thrown);
        return message == null || message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE);
    }

    /** Returns an exception, or a substitute if its own methods fail, so that it can be logged safely. */
    public static Throwable sound(Throwable thrown) {
        return Throwables.isSound(thrown) ? thrown : of(thrown).toException();
    }

    /** Returns whether an exception, or the one that it represents from a worker process, is of a type. */
    static boolean isA(Class<? extends Throwable> type, @Nullable Throwable thrown) {
        return type.isInstance(thrown)
                || thrown instanceof RemoteWorkerException remote
                        && remote.className().equals(type.getName());
    }

    /** Returns a shortened form that fits in an area of the board. */
    public RemoteError brief() {
        return brief(BRIEF_CHARS);
    }

    private RemoteError brief(int chars) {
        String type = start(className);
        String text = message == null ? null : start(message);
        int left = chars - type.length() - (text == null ? 0 : text.length());
        List<Frame> top = new ArrayList<>();
        for (Frame frame : frames.subList(0, Math.min(frames.size(), BRIEF_FRAMES))) {
            if (frame.chars() <= left) {
                top.add(frame);
                left -= frame.chars();
            }
        }
        boolean room = left >= 2 * BRIEF_TEXT;
        return new RemoteError(type, text, top, cause == null || !room ? null : cause.brief(left), List.of(), stopped);
    }

    private static String start(String text) {
        return text.substring(0, Math.min(text.length(), BRIEF_TEXT));
    }

    /** Returns the exception that represents it in this process. */
    public RemoteWorkerException toException() {
        StackTraceElement[] trace = frames.stream()
                .map(frame -> new StackTraceElement(frame.type(), frame.method(), frame.file(), frame.line()))
                .toArray(StackTraceElement[]::new);
        RemoteWorkerException exception =
                new RemoteWorkerException(className, message, trace, cause == null ? null : cause.toException());
        suppressed.forEach(other -> exception.addSuppressed(other.toException()));
        return exception;
    }
}
