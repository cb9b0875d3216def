/**
 * Measures rounds on this machine: how long they take, where the time goes, and how close they come to a bare loop
 * without a framework. Prints and writes nothing. Needs HdrHistogram on the class path.
 */
@NullMarked
package org.blazefl4j.lab;

import org.jspecify.annotations.NullMarked;
