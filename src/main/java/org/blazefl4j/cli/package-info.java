/** The command line. Internal. */
package org.blazefl4j.cli;
