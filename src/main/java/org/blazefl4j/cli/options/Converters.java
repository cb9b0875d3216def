package org.blazefl4j.cli.options;

import java.math.BigDecimal;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.blazefl4j.core.Device;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converts option values; refuses text that is not a value of the type, or out of range. */
public final class Converters {

    private static final BigDecimal LEAST_DOUBLE = new BigDecimal(Double.MIN_VALUE);

    private Converters() {}

    /**
     * Registers default converters by option type: counts of 1 or more, numbers above 0 that a float can hold, seeds of
     * 64 bits, seconds from a millisecond to a year as in {@code TrainerOptions}, devices, paths, and the enums that
     * the subcommands' options have.
     */
    public static void register(CommandLine commands) {
        Range<Integer> count = new Range<>(1, Integer.MAX_VALUE, BigDecimal::intValueExact);
        Range<Double> number = new Range<>(
                "a number above 0 and at most " + Float.MAX_VALUE,
                LEAST_DOUBLE,
                new BigDecimal(Float.MAX_VALUE),
                BigDecimal::doubleValue);
        commands.registerConverter(int.class, count)
                .registerConverter(Integer.class, count)
                .registerConverter(long.class, new Range<>(Long.MIN_VALUE, Long.MAX_VALUE, BigDecimal::longValueExact))
                .registerConverter(double.class, number)
                .registerConverter(Double.class, number)
                .registerConverter(
                        Duration.class, new Range<>("a number of seconds", "0.001", "31536000", Converters::seconds))
                .registerConverter(Device.class, Converters::device)
                .registerConverter(Path.class, Converters::path);
        commands.getSubcommands().values().stream()
                .flatMap(command -> command.getCommandSpec().options().stream())
                .map(option -> option.auxiliaryTypes()[0])
                .filter(Class::isEnum)
                .distinct()
                .forEach(type -> registerEnum(commands, type));
    }

    /** Converts the numbers of a range. */
    private static class Range<T> implements ITypeConverter<T> {

        private static final int MAX_LENGTH = 100;

        private final String expected;
        private final BigDecimal least;
        private final BigDecimal most;
        private final Function<BigDecimal, T> result;

        Range(String expected, BigDecimal least, BigDecimal most, Function<BigDecimal, T> result) {
            this.expected = expected;
            this.least = least;
            this.most = most;
            this.result = result;
        }

        Range(String what, String least, String most, Function<BigDecimal, T> result) {
            this(what + " from " + least + " to " + most, new BigDecimal(least), new BigDecimal(most), result);
        }

        Range(long least, long most, Function<BigDecimal, T> result) {
            this("a whole number", Long.toString(least), Long.toString(most), result);
        }

        @Override
        public final T convert(String text) {
            try {
                BigDecimal value = new BigDecimal(text.length() > MAX_LENGTH ? "" : text);
                if (value.compareTo(least) >= 0 && value.compareTo(most) <= 0) {
                    return result.apply(value);
                }
            } catch (NumberFormatException | ArithmeticException e) {
                // no number, or not a whole one: refused below
            }
            throw new TypeConversionException("value=" + text + ", expected=" + expected);
        }
    }

    /** A whole number, 0 or more. */
    public static final class CountOrZero extends Range<Integer> {
        CountOrZero() {
            super(0, Integer.MAX_VALUE, BigDecimal::intValueExact);
        }
    }

    /** A number of workers, with the bounds of {@code TrainerOptions}. */
    public static final class Workers extends Range<Integer> {
        Workers() {
            super(1, 4096, BigDecimal::intValueExact);
        }
    }

    /** A number of retries, with the bounds of {@code FailurePolicy}. */
    public static final class Retries extends Range<Integer> {
        Retries() {
            super(0, 255, BigDecimal::intValueExact);
        }
    }

    /** The concentration of a Dirichlet distribution, with the bounds of the partitioners. */
    public static final class Concentration extends Range<Double> {
        Concentration() {
            super("a number", "0.000001", "1000000", BigDecimal::doubleValue);
        }
    }

    /** The deviation of sizes' logarithms, with the bounds of the partitioners. */
    public static final class Sigma extends Range<Double> {
        Sigma() {
            super("a number", "0", "10", BigDecimal::doubleValue);
        }
    }

    /** A share of a whole, which may be none of it. */
    public static final class Share extends Range<Double> {
        Share() {
            super("a number", "0", "1", BigDecimal::doubleValue);
        }
    }

    /** A number above 0 and at most 1. */
    public static final class Ratio extends Range<Double> {
        Ratio() {
            super("a number above 0 and at most 1", LEAST_DOUBLE, BigDecimal.ONE, BigDecimal::doubleValue);
        }
    }

    private static Duration seconds(BigDecimal value) {
        return Duration.ofNanos(value.movePointRight(9).longValue());
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
