/** The JavaCPP face of the native library. Internal: addresses in, status codes out. */
package org.blazefl4j.binding;
