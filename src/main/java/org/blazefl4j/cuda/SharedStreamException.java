package org.blazefl4j.cuda;

/** A stream is not captured, because other workers queue their work there, too. */
final class SharedStreamException extends IllegalStateException {

    private static final long serialVersionUID = 1;

    SharedStreamException() {
        super("a stream that workers share");
    }
}
