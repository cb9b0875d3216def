/** The command {@code verify}: compares two recorded runs. Internal. */
package org.blazefl4j.cli.verify;
