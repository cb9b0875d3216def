/**
 * A thin layer on LibTorch: loading and tuning, a module's state as one flat vector, intra-op threads, and the numeric
 * environment that a result's bits depend on.
 *
 * <p>Independent of rounds and clients. Only {@code LibTorch.tune()} and {@code NumericEnvironment.applySettings()}
 * change settings of the whole process; only its owner calls them.
 */
@NullMarked
package org.blazefl4j.torch;

import org.jspecify.annotations.NullMarked;
