/**
 * Networks, and the base class that makes defining your own as easy as in Python. They start from PyTorch's bits and
 * keep PyTorch's names.
 *
 * <p>Independent of rounds and clients: the code that trains a network passes it a random stream.
 */
@NullMarked
package org.blazefl4j.model;

import org.jspecify.annotations.NullMarked;
