/** Small helpers that know nothing of the project: waits, errors, texts, folders. Uses no other package. Internal. */
package org.blazefl4j.util;
