/**
 * Runs one client in every execution mode, with its context, state, limits and checks, and decides about a round's
 * failures and results. Internal. Knows neither processes nor trainers, which only dispatch clients.
 *
 * <p>{@code C} is the client's configuration, {@code D} the downlink package and {@code U} the uplink package.
 */
@NullMarked
package org.blazefl4j.worker;

import org.jspecify.annotations.NullMarked;
