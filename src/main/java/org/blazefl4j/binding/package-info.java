/**
 * The JavaCPP face of the native library, the version of both, and how native libraries are unpacked and loaded.
 * Internal: addresses in, status codes out.
 */
package org.blazefl4j.binding;
