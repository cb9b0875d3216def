/**
 * Measures rounds on this machine for {@code blazefl4j bench}: how long they take, where the time goes, and how close
 * they come to a bare loop without a framework. Prints and writes nothing. Needs HdrHistogram. Internal.
 */
@NullMarked
package org.blazefl4j.lab;

import org.jspecify.annotations.NullMarked;
