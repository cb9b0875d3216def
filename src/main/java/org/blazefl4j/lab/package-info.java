/**
 * Measures rounds on this machine: how long they take, where the time goes, and how near that is to a bare loop with no
 * framework. Prints and writes nothing. Needs HdrHistogram on the class path.
 */
package org.blazefl4j.lab;
