/** Reading of options, shared by the commands. Internal. */
@NullMarked
package org.blazefl4j.cli.options;

import org.jspecify.annotations.NullMarked;
