package org.blazefl4j.cli.options;

import java.math.BigDecimal;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.blazefl4j.core.Device;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converts option values; refuses text that is not a value of the type, or out of range. */
public final class Converters {

    private Converters() {}

    /**
     * Registers the converters of types, which options use that name none: counts of 1 or more, numbers above 0 that a
     * float can hold, seeds of 64 bits, seconds from a millisecond to a year, as in {@code TrainerOptions}, devices,
     * paths and the enums among the options of the subcommands.
     */
    public static void register(CommandLine commands) {
        ITypeConverter<Integer> count = new Between<>(1, Integer.MAX_VALUE, BigDecimal::intValueExact);
        commands.registerConverter(int.class, count)
                .registerConverter(Integer.class, count)
                .registerConverter(
                        long.class, new Between<>(Long.MIN_VALUE, Long.MAX_VALUE, BigDecimal::longValueExact))
                .registerConverter(
                        double.class,
                        new Numeric<>(
                                "a number above 0 and at most " + Float.MAX_VALUE,
                                value -> value.doubleValue() > 0 && value.doubleValue() <= Float.MAX_VALUE,
                                BigDecimal::doubleValue))
                .registerConverter(
                        Duration.class,
                        new Between<>(
                                "a number of seconds",
                                "0.001",
                                "31536000",
                                value ->
                                        Duration.ofNanos(value.movePointRight(9).longValue())))
                .registerConverter(Device.class, Converters::device)
                .registerConverter(Path.class, Converters::path);
        commands.getSubcommands().values().stream()
                .flatMap(command -> command.getCommandSpec().options().stream())
                .map(option -> option.auxiliaryTypes()[0])
                .filter(Class::isEnum)
                .distinct()
                .forEach(type -> registerEnum(commands, type));
    }

    /** Converts the numbers that satisfy a condition. */
    private static class Numeric<T> implements ITypeConverter<T> {

        private static final int MAX_LENGTH = 100;

        private final String expected;
        private final Predicate<BigDecimal> condition;
        private final Function<BigDecimal, T> result;

        Numeric(String expected, Predicate<BigDecimal> condition, Function<BigDecimal, T> result) {
            this.expected = expected;
            this.condition = condition;
            this.result = result;
        }

        @Override
        public final T convert(String text) {
            try {
                BigDecimal value = text.length() > MAX_LENGTH ? null : new BigDecimal(text);
                if (value != null && condition.test(value)) {
                    return result.apply(value);
                }
            } catch (NumberFormatException | ArithmeticException e) {
                // no number, or not a whole one: refused below
            }
            throw new TypeConversionException("value=" + text + ", expected=" + expected);
        }
    }

    /** Converts the numbers of a range. */
    private static class Between<T> extends Numeric<T> {

        Between(long least, long most, Function<BigDecimal, T> result) {
            this("a whole number", Long.toString(least), Long.toString(most), result);
        }

        Between(String what, String least, String most, Function<BigDecimal, T> result) {
            super(
                    what + " from " + least + " to " + most,
                    value -> value.compareTo(new BigDecimal(least)) >= 0 && value.compareTo(new BigDecimal(most)) <= 0,
                    result);
        }
    }

    /** A whole number, 0 or more. */
    public static final class CountOrZero extends Between<Integer> {
        CountOrZero() {
            super(0, Integer.MAX_VALUE, BigDecimal::intValueExact);
        }
    }

    /** A number of workers, with the bounds of {@code TrainerOptions}. */
    public static final class Workers extends Between<Integer> {
        Workers() {
            super(1, 4096, BigDecimal::intValueExact);
        }
    }

    /** A number of retries, with the bounds of {@code FailurePolicy}. */
    public static final class Retries extends Between<Integer> {
        Retries() {
            super(0, 255, BigDecimal::intValueExact);
        }
    }

    /** The concentration of a Dirichlet distribution, with the bounds of the partitioners. */
    public static final class Concentration extends Between<Double> {
        Concentration() {
            super("a number", "0.000001", "1000000", BigDecimal::doubleValue);
        }
    }

    /** A number above 0 and at most 1. */
    public static final class Ratio extends Numeric<Double> {
        Ratio() {
            super(
                    "a number above 0 and at most 1",
                    value -> value.doubleValue() > 0 && value.compareTo(BigDecimal.ONE) <= 0,
                    BigDecimal::doubleValue);
        }
    }

    private static Device device(String text) {
        try {
            return Device.parse(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }

    /** Refuses an empty path, which would mean the current folder. */
    private static Path path(String text) {
        if (text.isBlank()) {
            throw new TypeConversionException("value='" + text + "', expected=a path; give one, or omit the option");
        }
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new TypeConversionException("value=" + text + ", expected=characters of the locale's encoding, "
                    + System.getProperty("sun.jnu.encoding") + "; set LC_ALL=C.UTF-8, or choose another path");
        }
    }

    /**
     * Converts values as they are printed, in upper or lower case. Picocli's errors would list the constants' names.
     */
    private static <E> void registerEnum(CommandLine commands, Class<E> type) {
        commands.registerConverter(type, text -> {
            for (E each : type.getEnumConstants()) {
                if (each.toString().equalsIgnoreCase(text)) {
                    return each;
                }
            }
            throw new TypeConversionException("value=" + text + ", expected="
                    + Arrays.stream(type.getEnumConstants())
                            .map(Object::toString)
                            .collect(Collectors.joining(", ")));
        });
    }
}
