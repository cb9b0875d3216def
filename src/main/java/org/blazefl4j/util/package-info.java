/** Helpers that every package may use: waits, errors, text, folders. They depend on no other package. Internal. */
package org.blazefl4j.util;
