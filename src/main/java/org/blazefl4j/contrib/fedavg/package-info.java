/**
 * Federated averaging (McMahan et al., AISTATS 2017): its handler, its clients and the packages between them. What
 * other algorithms can use lives in {@code contrib.common}; algorithms do not use each other.
 */
@NullMarked
package org.blazefl4j.contrib.fedavg;

import org.jspecify.annotations.NullMarked;
