/**
 * Reading of options and experiment files, shared by the commands: converters, names, usage text, refusals and exit
 * codes. Knows no command. Internal.
 */
@NullMarked
package org.blazefl4j.cli.options;

import org.jspecify.annotations.NullMarked;
