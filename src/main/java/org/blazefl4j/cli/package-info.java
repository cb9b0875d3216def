/** The command line: its entry and its errors. Each command has a package below. Internal. */
package org.blazefl4j.cli;
