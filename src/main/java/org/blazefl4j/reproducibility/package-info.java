/** Seeding, random streams, the default generator and snapshots of random state. */
package org.blazefl4j.reproducibility;
