/**
 * Shared memory: segments, their slots, and tensors in them. Internal.
 *
 * <p>Knows neither packages nor workers.
 */
package org.blazefl4j.shm;
