/** Seeding, random streams and snapshots of random state. */
package org.blazefl4j.reproducibility;
