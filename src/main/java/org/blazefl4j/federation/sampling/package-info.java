/**
 * Who takes part in a round: {@link org.blazefl4j.federation.sampling.Samplers} makes the samplers, which are otherwise
 * known as {@link org.blazefl4j.federation.ClientSampler} only.
 */
@NullMarked
package org.blazefl4j.federation.sampling;

import org.jspecify.annotations.NullMarked;
