package org.blazefl4j.lab;

import java.time.Duration;

/**
 * How long a case is measured.
 *
 * @param rounds the number of measured rounds, above 0
 * @param warmUps the number of rounds before them that are not measured, 0 or more
 * @param timeLimit no round starts after this time once one is measured; warm-up rounds after the first take at most a
 *     quarter of it
 */
public record LabOptions(int rounds, int warmUps, Duration timeLimit) {}
