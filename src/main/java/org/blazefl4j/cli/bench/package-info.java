/**
 * The command {@code bench}: chooses what to measure and writes tables, files and a page with charts. Measuring itself
 * lives in {@code lab}. Internal.
 */
@NullMarked
package org.blazefl4j.cli.bench;

import org.jspecify.annotations.NullMarked;
