/** The command {@code doctor}: looks at the machine and at what would slow a run down. Internal. */
package org.blazefl4j.cli.doctor;
