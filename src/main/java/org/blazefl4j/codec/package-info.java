/**
 * Packages to bytes and back. Internal.
 *
 * <p>Tensors leave a package through a {@code TensorPlacer} and come back through a {@code TensorResolver}: nothing
 * here knows where they are meanwhile. Lies below {@code core}, which closes the tensors of packages.
 */
@NullMarked
package org.blazefl4j.codec;

import org.jspecify.annotations.NullMarked;
