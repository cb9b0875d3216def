/** What commands share to read their options. Internal. */
package org.blazefl4j.cli.options;
