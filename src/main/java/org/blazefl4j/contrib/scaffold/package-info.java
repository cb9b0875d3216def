/**
 * SCAFFOLD (Karimireddy et al., ICML 2020), option II: federated averaging whose clients correct their steps by control
 * variates, so that they do not drift towards their own optimum.
 */
@NullMarked
package org.blazefl4j.contrib.scaffold;

import org.jspecify.annotations.NullMarked;
