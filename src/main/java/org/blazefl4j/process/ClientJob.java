package org.blazefl4j.process;

import org.blazefl4j.core.Device;

/**
 * One client of one round.
 *
 * @param clientId the client
 * @param round the round, from 0
 * @param device where it computes
 */
public record ClientJob(int clientId, int round, Device device) {}
