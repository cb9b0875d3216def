/**
 * Where results go: console, CSV and JSON lines. Each is a {@link org.blazefl4j.core.RoundListener}; none knows an
 * algorithm.
 */
package org.blazefl4j.metrics;
