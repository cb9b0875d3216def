/**
 * What {@code blazefl4j bench} makes of its measurements: tables, files and a page. Knows nothing of the command line.
 */
package org.blazefl4j.cli.bench;
