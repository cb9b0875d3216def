/** The command {@code bench}: measures rounds, and makes tables, files and a page of the figures. Internal. */
package org.blazefl4j.cli.bench;
