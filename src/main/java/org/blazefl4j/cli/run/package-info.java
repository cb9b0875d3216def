/** The command {@code run}: trains an experiment and records it. Internal. */
package org.blazefl4j.cli.run;
