/** Data sets, loaders, transforms, file readers and partitioners. Independent of how clients are executed. */
package org.blazefl4j.data;
