/** What commands share to write to a terminal. Internal. */
package org.blazefl4j.cli.console;
