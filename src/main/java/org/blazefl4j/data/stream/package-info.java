/** Elements on their way from files to tensors. Knows no format, and is not exported. */
@NullMarked
package org.blazefl4j.data.stream;

import org.jspecify.annotations.NullMarked;
