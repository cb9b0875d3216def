/** Terminal output shared by the commands. Internal. */
@NullMarked
package org.blazefl4j.cli.console;

import org.jspecify.annotations.NullMarked;
