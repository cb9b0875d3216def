/** The JavaCPP face of the native library, and the version of both. Internal: addresses in, status codes out. */
package org.blazefl4j.binding;
