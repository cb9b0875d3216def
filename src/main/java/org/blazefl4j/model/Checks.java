package org.blazefl4j.model;

import org.blazefl4j.util.Arguments;

/** Checks the dimensions of networks. */
final class Checks {

    private Checks() {}

    static void positive(String name, int value) {
        atLeast(name, value, 1);
    }

    static void atLeast(String name, int value, int limit) {
        Arguments.require(
                value >= limit,
                "model: " + name + "=" + value + ", limit=at least " + limit
                        + "; give the shape of the data set's images and its number of classes");
    }
}
