/**
 * Seeding, random streams, the default generator and snapshots of random state. Nothing else in the library seeds or
 * replaces a generator. Knows nothing of rounds, clients or processes.
 */
@NullMarked
package org.blazefl4j.reproducibility;

import org.jspecify.annotations.NullMarked;
