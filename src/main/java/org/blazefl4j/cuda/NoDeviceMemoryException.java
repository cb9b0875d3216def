package org.blazefl4j.cuda;

/** Thrown if a device has too little memory; host memory will do instead. */
public final class NoDeviceMemoryException extends IllegalStateException {

    private static final long serialVersionUID = 1;

    NoDeviceMemoryException(String message) {
        super(message);
    }
}
