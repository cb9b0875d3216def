/** Reading of options, shared by the commands. Internal. */
package org.blazefl4j.cli.options;
