/**
 * Published algorithms, each made of parts: {@link org.blazefl4j.federation.algorithm.Algorithms} has them all. Only
 * what is an algorithm's own lives here; what several need is a part.
 */
@NullMarked
package org.blazefl4j.federation.algorithm;

import org.jspecify.annotations.NullMarked;
