/** The command {@code run}: trains a model and records the results. Internal. */
@NullMarked
package org.blazefl4j.cli.run;

import org.jspecify.annotations.NullMarked;
