/** Data sets from files of common formats: tables in CSV, NumPy's arrays, LEAF's JSON, text and folders of images. */
@NullMarked
package org.blazefl4j.data.file;

import org.jspecify.annotations.NullMarked;
