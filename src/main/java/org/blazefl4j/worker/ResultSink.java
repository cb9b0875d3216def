package org.blazefl4j.worker;

import java.util.List;
import java.util.function.Consumer;

/**
 * Receives the packages of a round.
 *
 * @param sink receives packages that are handed over together, which it then owns
 * @param most the most packages at a time
 */
public record ResultSink<U>(Consumer<? super List<U>> sink, int most) {}
