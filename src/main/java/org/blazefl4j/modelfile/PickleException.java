package org.blazefl4j.modelfile;

/** Thrown if a pickle is damaged or holds what is not a tensor; the message says what was found. */
final class PickleException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    PickleException(String found) {
        super(found);
    }
}
