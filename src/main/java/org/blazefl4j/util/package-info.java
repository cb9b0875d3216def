/** What all packages may use and what uses none of them. */
package org.blazefl4j.util;
