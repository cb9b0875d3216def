/** Federated averaging (McMahan et al., AISTATS 2017). */
package org.blazefl4j.contrib.fedavg;
