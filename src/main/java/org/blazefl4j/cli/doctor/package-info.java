/**
 * The command {@code doctor}: the state of the machine, and findings about what makes runs slow or fail, each with its
 * remedy. Changes no setting, except that {@code Machine.tune} sets LibTorch up as commands need it. Internal.
 */
@NullMarked
package org.blazefl4j.cli.doctor;

import org.jspecify.annotations.NullMarked;
