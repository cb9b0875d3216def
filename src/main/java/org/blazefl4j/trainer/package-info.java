/**
 * The trainers: dispatch clients serially, in a thread pool or in a pool of worker processes, with their options and
 * the clients' states. What runs one client, and decides about failures and results, lives in {@code worker}; what
 * talks to processes, in {@code process}.
 */
@NullMarked
package org.blazefl4j.trainer;

import org.jspecify.annotations.NullMarked;
