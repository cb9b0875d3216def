/**
 * Networks, and the base class that makes a user's own as easy as in Python. They start from PyTorch's bits and keep
 * PyTorch's names.
 *
 * <p>Knows nothing of rounds and clients: who trains a network hands it its random stream.
 */
package org.blazefl4j.model;
