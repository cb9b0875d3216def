/**
 * Terminal output shared by the commands: progress, start line, interruption. Knows no command and no option. Internal.
 */
@NullMarked
package org.blazefl4j.cli.console;

import org.jspecify.annotations.NullMarked;
