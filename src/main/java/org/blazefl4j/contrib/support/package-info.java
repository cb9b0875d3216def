/**
 * What the algorithms share and users do not need: checks of models and data, the loop of training steps and the
 * tensors that a server lends. Not exported, so no exported signature names these types. Knows no algorithm.
 */
@NullMarked
package org.blazefl4j.contrib.support;

import org.jspecify.annotations.NullMarked;
