/**
 * Pages with charts: reads result files and turns them, or other figures, into one self-contained HTML file. Knows
 * nothing of how figures came about: no trainers, no command line. Internal.
 */
@NullMarked
package org.blazefl4j.report;

import org.jspecify.annotations.NullMarked;
