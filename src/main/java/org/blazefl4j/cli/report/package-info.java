/** The command {@code report}: reads recorded runs and writes a page of them. Only reads files. Internal. */
@NullMarked
package org.blazefl4j.cli.report;

import org.jspecify.annotations.NullMarked;
