/**
 * The parts that federated algorithms are made of, each with few methods, and the server and clients composed of them:
 * who takes part, what a client minimises and keeps, how its update is changed, how updates are summed, how the server
 * moves its model. Only parts that many algorithms use live here; algorithms are combinations of parts.
 */
@NullMarked
package org.blazefl4j.federation;

import org.jspecify.annotations.NullMarked;
