package org.blazefl4j.cli.options;

import org.blazefl4j.core.Device;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converts a device on the command line. */
public final class Devices implements ITypeConverter<Device> {

    @Override
    public Device convert(String text) {
        try {
            return Device.parse(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
