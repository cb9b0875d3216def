/**
 * The command line of worker processes, their class path, class archive and output. Internal.
 *
 * <p>Knows neither the job board nor what a worker does.
 */
@NullMarked
package org.blazefl4j.process.launch;

import org.jspecify.annotations.NullMarked;
