/**
 * Federated distillation on an open set (Itahara, Nishio, Koda, Morikura and Yamamoto: Distillation-Based
 * Semi-Supervised Federated Learning for Communication-Efficient Collaborative Training with Non-IID Private Data, IEEE
 * Transactions on Mobile Computing 22(1), 2023). Only what is DS-FL's own lives here: the split into open and private
 * data, the soft labels' mean, the distillation. What other algorithms can use lives in {@code contrib.common}.
 */
@NullMarked
package org.blazefl4j.contrib.dsfl;

import org.jspecify.annotations.NullMarked;
