/**
 * The command {@code run}: composes a federation of the options, trains it, and records the results and checkpoints.
 * Algorithms, data sets and file formats live in the library; this package only chooses among them. Internal.
 */
@NullMarked
package org.blazefl4j.cli.run;

import org.jspecify.annotations.NullMarked;
