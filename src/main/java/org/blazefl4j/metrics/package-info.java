/** Where results go: console, CSV and JSON lines. */
package org.blazefl4j.metrics;
