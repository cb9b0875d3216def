/** Terminal output shared by the commands. Internal. */
package org.blazefl4j.cli.console;
