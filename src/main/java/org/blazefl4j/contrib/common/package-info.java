/**
 * What federated algorithms are made of: options, clients that train by SGD, a worker's model, the server's model, its
 * rounds and its sums. Knows no algorithm.
 */
package org.blazefl4j.contrib.common;
