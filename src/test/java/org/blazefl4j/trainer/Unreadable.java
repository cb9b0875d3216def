package org.blazefl4j.trainer;

/** An exception whose own methods throw or return null. */
final class Unreadable extends RuntimeException {

    private static final long serialVersionUID = 1L;

    enum Kind {
        MESSAGE_THROWS("(getMessage() threw java.lang.AssertionError)"),
        TEXT_IS_NULL("the message"),
        TEXT_THROWS("the message"),
        TRACE_IS_NULL("the message"),
        TRACE_THROWS("the message"),
        CAUSE_THROWS("the message"),
        CAUSES_IN_A_CIRCLE("the message"),
        CAUSES_WITHOUT_END("the message");

        final String told;

        Kind(String told) {
            this.told = told;
        }
    }

    private final Kind kind;

    Unreadable(Kind kind) {
        super("the message");
        this.kind = kind;
    }

    private void throwIf(Kind bad) {
        if (kind == bad) {
            throw new AssertionError("not to be read");
        }
    }

    @Override
    public String getMessage() {
        throwIf(Kind.MESSAGE_THROWS);
        return super.getMessage();
    }

    @Override
    public String toString() {
        throwIf(Kind.TEXT_THROWS);
        return kind == Kind.TEXT_IS_NULL ? null : super.toString();
    }

    @Override
    public StackTraceElement[] getStackTrace() {
        if (kind == null) {
            return super.getStackTrace(); // asked for by the constructor
        }
        throwIf(Kind.TRACE_THROWS);
        return kind == Kind.TRACE_IS_NULL ? null : super.getStackTrace();
    }

    @Override
    public synchronized Throwable getCause() {
        throwIf(Kind.CAUSE_THROWS);
        return switch (kind) {
            case CAUSES_IN_A_CIRCLE -> new CausedBy(this);
            case CAUSES_WITHOUT_END -> new Unreadable(kind);
            default -> null;
        };
    }

    private static final class CausedBy extends RuntimeException {

        private static final long serialVersionUID = 1L;

        CausedBy(Throwable cause) {
            super("the other", cause);
        }
    }
}
