/** Data sets, loaders, transforms, file readers and partitioners. Independent of how clients are executed. */
@NullMarked
package org.blazefl4j.data;

import org.jspecify.annotations.NullMarked;
