/** The command {@code export}: the model of a run as a file for PyTorch. Internal. */
@NullMarked
package org.blazefl4j.cli.export;

import org.jspecify.annotations.NullMarked;
