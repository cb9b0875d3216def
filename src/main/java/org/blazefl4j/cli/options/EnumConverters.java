package org.blazefl4j.cli.options;

import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/** Reads a value out of few, as it is printed, in upper or lower case. */
public final class EnumConverters {

    private EnumConverters() {}

    /** Has a command read the values of an enum so. */
    public static <E extends Enum<E>> void register(CommandLine commands, Class<E> type) {
        commands.registerConverter(type, text -> parse(type, text));
    }

    private static <E extends Enum<E>> E parse(Class<E> type, String text) {
        for (E each : type.getEnumConstants()) {
            if (each.toString().equalsIgnoreCase(text)) {
                return each;
            }
        }
        String known = Arrays.stream(type.getEnumConstants()).map(E::toString).collect(Collectors.joining(", "));
        throw new TypeConversionException("value=" + text + ", limit=" + known);
    }
}
