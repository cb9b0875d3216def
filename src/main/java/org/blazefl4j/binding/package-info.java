/**
 * The JavaCPP bindings of the native library, versions, and the unpacking and loading of native libraries. Internal:
 * addresses in, status codes out.
 */
@NullMarked
package org.blazefl4j.binding;

import org.jspecify.annotations.NullMarked;
