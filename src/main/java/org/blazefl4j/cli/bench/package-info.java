/** The command {@code bench}: measures rounds and writes tables, files and a page. Internal. */
package org.blazefl4j.cli.bench;
