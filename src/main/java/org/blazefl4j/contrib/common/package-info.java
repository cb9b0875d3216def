/**
 * What federated algorithms have in common: which model is trained on which data, a worker's model and its steps of
 * SGD, the server's model, its rounds and its sums. Knows no algorithm.
 */
package org.blazefl4j.contrib.common;
