package org.blazefl4j.trainer;

import java.util.List;
import java.util.function.Consumer;

/**
 * Who takes the packages of a round.
 *
 * @param <U> the uplink package
 * @param sink takes ownership of packages that follow each other
 * @param most how many at a time at the most
 */
record ResultSink<U>(Consumer<? super List<U>> sink, int most) {}
