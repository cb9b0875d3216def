/**
 * Runs one client in every execution mode, with its context, state, limits and checks, and decides about a round's
 * failures and results. Internal. Knows neither processes nor trainers, which only dispatch clients.
 */
package org.blazefl4j.worker;
