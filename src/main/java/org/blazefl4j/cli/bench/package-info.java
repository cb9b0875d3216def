/** The command {@code bench}: measures rounds and writes tables, files and a page. Internal. */
@NullMarked
package org.blazefl4j.cli.bench;

import org.jspecify.annotations.NullMarked;
