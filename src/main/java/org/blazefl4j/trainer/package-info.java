/** Runs clients: serially, in a thread pool or in a pool of worker processes. */
@NullMarked
package org.blazefl4j.trainer;

import org.jspecify.annotations.NullMarked;
