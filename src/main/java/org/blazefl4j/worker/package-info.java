/**
 * What runs one client, in every execution mode: its context, state, limits and checks. Internal.
 *
 * <p>Knows no processes and no trainers, which only hand clients out.
 */
package org.blazefl4j.worker;
