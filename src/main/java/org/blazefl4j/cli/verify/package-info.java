/**
 * The command {@code verify}: reads two recorded runs and reports where they differ. Only reads files; trains nothing
 * and loads no native library. Internal.
 */
@NullMarked
package org.blazefl4j.cli.verify;

import org.jspecify.annotations.NullMarked;
