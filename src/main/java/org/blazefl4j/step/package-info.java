/**
 * The engines that compute training and evaluation: which one computes a model, and the native one, which takes the
 * steps of nets that say what they are made of ({@link org.blazefl4j.model.Model#layers}). Internal. Knows models,
 * samples and vectors; knows nothing of rounds and clients.
 */
@NullMarked
package org.blazefl4j.step;

import org.jspecify.annotations.NullMarked;
