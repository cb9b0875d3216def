package org.blazefl4j.trainer;

/** Takes what worker processes write to their standard output and error. Called by several threads at once. */
@FunctionalInterface
public interface WorkerOutputListener {

    /**
     * Takes one line. While this runs the worker cannot write much more; what it throws is logged and forgotten.
     *
     * @param worker the worker's index, from 0
     * @param line the line, without its end; very long ones come in pieces
     */
    void line(int worker, String line);
}
