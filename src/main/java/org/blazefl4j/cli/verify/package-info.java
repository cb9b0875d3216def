/** The command {@code verify}: repeats a recorded run and compares. Internal. */
package org.blazefl4j.cli.verify;
