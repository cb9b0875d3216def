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

    static void images(int channels, int height, int width, int least, int classes) {
        positive("channels", channels);
        atLeast("height", height, least);
        atLeast("width", width, least);
        positive("classes", classes);
    }

    static void layer(String kind, String name, long value, int limit) {
        Arguments.require(
                value >= limit,
                kind + ": " + name + "=" + value + ", limit=at least " + limit + "; give a larger number");
    }

    static void dropout(double probability) {
        Arguments.require(
                probability >= 0 && probability <= 1,
                "dropout: probability=" + probability + ", limit=[0, 1]; give the share of elements to zero");
    }
}
