/** The command {@code verify}: compares two recorded runs. Internal. */
@NullMarked
package org.blazefl4j.cli.verify;

import org.jspecify.annotations.NullMarked;
