/** The command {@code doctor}: finds problems of the machine that make runs slow or fail. Internal. */
package org.blazefl4j.cli.doctor;
