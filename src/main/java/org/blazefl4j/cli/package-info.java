/**
 * The command line: its entry, the launcher and the messages of failures. Each command has a package below,
 * {@code options} and {@code console} are shared by them. Nothing that an embedding program could need lives here or
 * below; what commands compute belongs to the library. Internal.
 */
@NullMarked
package org.blazefl4j.cli;

import org.jspecify.annotations.NullMarked;
