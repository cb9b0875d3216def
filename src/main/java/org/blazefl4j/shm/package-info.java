/** Shared memory: segments, their slots, and tensors in them. Internal. Knows neither packages nor workers. */
@NullMarked
package org.blazefl4j.shm;

import org.jspecify.annotations.NullMarked;
