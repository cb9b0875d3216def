package org.blazefl4j.process;

import org.blazefl4j.shm.SegmentHandle;

/**
 * What a worker is told of one client.
 *
 * @param job the client
 * @param segment the segment of its slot
 * @param slot which slot of the segment
 * @param config the client's configuration
 */
record JobMessage(ClientJob job, SegmentHandle segment, int slot, Object config) {}
