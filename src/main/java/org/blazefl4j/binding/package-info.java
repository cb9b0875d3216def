/**
 * The JavaCPP bindings of the native library, versions, and the unpacking and loading of native libraries. Internal:
 * addresses in, status codes out.
 */
package org.blazefl4j.binding;
