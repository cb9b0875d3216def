/**
 * What federated algorithms are made of: options, clients that train by SGD, a worker's model, the server's model, its
 * rounds and its sums. Knows no algorithm.
 */
@NullMarked
package org.blazefl4j.contrib.common;

import org.jspecify.annotations.NullMarked;
