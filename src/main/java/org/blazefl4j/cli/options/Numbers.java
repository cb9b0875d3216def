package org.blazefl4j.cli.options;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Predicate;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converts numbers on the command line; refuses text that is not a number or out of range. */
public final class Numbers {

    private Numbers() {}

    /** Converts the numbers that satisfy a condition. */
    private abstract static class Converter<T> implements ITypeConverter<T> {

        private final String expected;
        private final Predicate<BigDecimal> condition;
        private final Function<BigDecimal, T> result;

        Converter(String expected, Predicate<BigDecimal> condition, Function<BigDecimal, T> result) {
            this.expected = expected;
            this.condition = condition;
            this.result = result;
        }

        @Override
        public final T convert(String text) {
            BigDecimal value = parse(text);
            if (value == null || !condition.test(value)) {
                throw new TypeConversionException("value=" + text + ", expected=" + expected);
            }
            return result.apply(value);
        }

        private static BigDecimal parse(String text) {
            try {
                return text.length() > 100 ? null : new BigDecimal(text);
            } catch (NumberFormatException e) {
                return null;
            }
        }
    }

    private abstract static class Whole<T> extends Converter<T> {
        Whole(long least, long most, Function<BigDecimal, T> result) {
            super(
                    "a whole number from " + least + " to " + most,
                    isBetween(BigDecimal.valueOf(least), BigDecimal.valueOf(most))
                            .and(value -> value.stripTrailingZeros().scale() <= 0),
                    result);
        }
    }

    private static Predicate<BigDecimal> isBetween(BigDecimal least, BigDecimal most) {
        return value -> value.compareTo(least) >= 0 && value.compareTo(most) <= 0;
    }

    /** A whole number, 1 or more. */
    public static final class Count extends Whole<Integer> {
        Count() {
            super(1, Integer.MAX_VALUE, BigDecimal::intValueExact);
        }
    }

    /** A whole number, 0 or more. */
    public static final class CountOrZero extends Whole<Integer> {
        CountOrZero() {
            super(0, Integer.MAX_VALUE, BigDecimal::intValueExact);
        }
    }

    /** A number of workers, with the bounds of {@code TrainerOptions}. */
    public static final class Workers extends Whole<Integer> {
        Workers() {
            super(1, 4096, BigDecimal::intValueExact);
        }
    }

    /** A number of retries, with the bounds of {@code FailurePolicy}. */
    public static final class Retries extends Whole<Integer> {
        Retries() {
            super(0, 255, BigDecimal::intValueExact);
        }
    }

    /** A whole number of 64 bits. */
    public static final class Seed extends Whole<Long> {
        Seed() {
            super(Long.MIN_VALUE, Long.MAX_VALUE, BigDecimal::longValueExact);
        }
    }

    /** The concentration of a Dirichlet distribution, with the bounds of the partitioners. */
    public static final class Concentration extends Converter<Double> {
        Concentration() {
            super(
                    "a number from 0.000001 to 1000000",
                    isBetween(new BigDecimal("0.000001"), new BigDecimal("1000000")),
                    BigDecimal::doubleValue);
        }
    }

    /** A time in seconds, from a millisecond to a year, as in {@code TrainerOptions}. */
    public static final class Seconds extends Converter<Duration> {
        Seconds() {
            super(
                    "a number of seconds from 0.001 to 31536000",
                    isBetween(new BigDecimal("0.001"), new BigDecimal("31536000")),
                    value -> Duration.ofNanos(value.movePointRight(9).longValue()));
        }
    }

    /** A number above 0 and at most 1. */
    public static final class Ratio extends Converter<Double> {
        Ratio() {
            super(
                    "a number above 0 and at most 1",
                    value -> value.doubleValue() > 0 && value.compareTo(BigDecimal.ONE) <= 0,
                    BigDecimal::doubleValue);
        }
    }

    /** A number above 0 that a float can hold. */
    public static final class Positive extends Converter<Double> {
        Positive() {
            super(
                    "a number above 0 and at most " + Float.MAX_VALUE,
                    value -> value.doubleValue() > 0 && value.doubleValue() <= Float.MAX_VALUE,
                    BigDecimal::doubleValue);
        }
    }
}
