/** Seeding, random streams, the default generator and snapshots of random state. */
@NullMarked
package org.blazefl4j.reproducibility;

import org.jspecify.annotations.NullMarked;
