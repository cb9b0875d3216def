/** The command line: its entry and its errors. Each command has a package below. Internal. */
@NullMarked
package org.blazefl4j.cli;

import org.jspecify.annotations.NullMarked;
