package org.blazefl4j.cli.options;

import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/**
 * Converts enum values as they are printed, in upper or lower case. Picocli's errors would list the constants' names.
 */
public final class EnumConverters {

    private EnumConverters() {}

    /** Registers converters for the enums among the options of a command's subcommands. */
    public static void register(CommandLine commands) {
        commands.getSubcommands().values().stream()
                .flatMap(command -> command.getCommandSpec().options().stream())
                .map(option -> option.auxiliaryTypes()[0])
                .filter(Class::isEnum)
                .distinct()
                .forEach(type -> register(commands, type));
    }

    private static <E> void register(CommandLine commands, Class<E> type) {
        commands.registerConverter(type, text -> parse(type.getEnumConstants(), text));
    }

    private static <E> E parse(E[] constants, String text) {
        for (E each : constants) {
            if (each.toString().equalsIgnoreCase(text)) {
                return each;
            }
        }
        String known = Arrays.stream(constants).map(Object::toString).collect(Collectors.joining(", "));
        throw new TypeConversionException("value=" + text + ", expected=" + known);
    }
}
