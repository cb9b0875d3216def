/**
 * The thin layer on LibTorch: set-up of the run time, a module's state as one flat vector, intra-op threads, the
 * default generator, and the numeric environment that a result's bits depend on.
 *
 * <p>Knows nothing of rounds and clients, and changes a setting of the whole process only in {@code LibTorch.tune()}
 * and {@code NumericEnvironment.applySettings()}, which the process's owner calls, and where
 * {@code ProcessSettings.restore()} puts one back.
 */
package org.blazefl4j.torch;
