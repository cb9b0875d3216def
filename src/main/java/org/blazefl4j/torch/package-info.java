/**
 * A thin layer on LibTorch: loading and tuning, a module's state as one flat vector, intra-op threads, and the numeric
 * environment that a result's bits depend on.
 *
 * <p>Independent of rounds and clients. Only {@code LibTorch.tune()}, {@code NumericEnvironment.applySettings()} and
 * {@code ProcessSettings.restore()} change settings of the whole process; only its owner calls the first two.
 */
package org.blazefl4j.torch;
