/**
 * What LibTorch has of CUDA, and what computing there needs. Internal. Nothing here calls CUDA unless a device other
 * than the CPU was asked for, or {@code doctor} asks what there is.
 */
@NullMarked
package org.blazefl4j.cuda;

import org.jspecify.annotations.NullMarked;
