/**
 * SCAFFOLD (Karimireddy et al., ICML 2020), option II: federated averaging whose clients correct their steps by control
 * variates, so that they do not drift towards their own optimum. Only what is SCAFFOLD's own lives here: the control
 * variates, the options and the packages. Option I is {@code Algorithms.scaffoldWithFullGradients} in
 * {@code org.blazefl4j.federation.algorithm}.
 */
@NullMarked
package org.blazefl4j.contrib.scaffold;

import org.jspecify.annotations.NullMarked;
