/** The engines that compute training and evaluation: which one computes a model. Internal. */
@NullMarked
package org.blazefl4j.step;

import org.jspecify.annotations.NullMarked;
