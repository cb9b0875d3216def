/** The command {@code doctor}: finds problems of the machine that make runs slow or fail. Internal. */
@NullMarked
package org.blazefl4j.cli.doctor;

import org.jspecify.annotations.NullMarked;
