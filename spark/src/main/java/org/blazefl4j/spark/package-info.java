/**
 * Trains clients on a Spark cluster, with the bits of one machine. {@code SparkClientTrainer} stands in for the
 * library's other trainers.
 *
 * <p>The driver owns the rounds: clients' states, decisions about failures, the order of results. Executors train
 * clients with the library's own trainers. What crosses are byte arrays ({@code Parcel}), and only Spark's Java API is
 * used, so that one jar serves Spark 3.5 and 4.
 */
@NullMarked
package org.blazefl4j.spark;

import org.jspecify.annotations.NullMarked;
