/** Data sets, loaders, transforms, file readers and partitioners. Knows nothing of clients' execution. */
package org.blazefl4j.data;
