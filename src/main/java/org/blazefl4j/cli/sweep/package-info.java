/**
 * The command {@code sweep}: which runs a study stands for, their processes, and the table of their results. What a
 * single run does belongs to {@code run}. Internal.
 */
@NullMarked
package org.blazefl4j.cli.sweep;

import org.jspecify.annotations.NullMarked;
