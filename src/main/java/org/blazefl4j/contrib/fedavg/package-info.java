/** Federated averaging (McMahan et al., AISTATS 2017). */
@NullMarked
package org.blazefl4j.contrib.fedavg;

import org.jspecify.annotations.NullMarked;
