/** The command {@code run}: trains a model and records the results. Internal. */
package org.blazefl4j.cli.run;
