package org.blazefl4j.worker;

import java.util.List;
import java.util.function.Consumer;

/**
 * Takes the packages of a round.
 *
 * @param <U> the uplink package
 * @param sink takes ownership of packages that follow each other
 * @param most how many at a time at the most
 */
public record ResultSink<U>(Consumer<? super List<U>> sink, int most) {}
