/** Shared memory: segments, slots, handles and the package codec. Internal. */
package org.blazefl4j.shm;
