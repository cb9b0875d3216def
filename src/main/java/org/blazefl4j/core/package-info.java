/**
 * What a researcher implements or calls: server handlers, client trainers, workers and the round loop.
 *
 * <p>This package knows no execution mode: nothing here may depend on {@code trainer}, {@code process} or {@code cli}.
 */
@NullMarked
package org.blazefl4j.core;

import org.jspecify.annotations.NullMarked;
