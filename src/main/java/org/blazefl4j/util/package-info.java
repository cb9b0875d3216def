/** Helpers that every package may use: waits, errors, text, folders. They depend on no other package. Internal. */
@NullMarked
package org.blazefl4j.util;

import org.jspecify.annotations.NullMarked;
