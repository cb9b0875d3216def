/**
 * Output of results to the console, CSV, JSON lines, TensorBoard and MLflow. Each is a
 * {@link org.blazefl4j.core.RoundListener}, independent of algorithms.
 */
@NullMarked
package org.blazefl4j.metrics;

import org.jspecify.annotations.NullMarked;
