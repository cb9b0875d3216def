package org.blazefl4j.cli.options;

import java.math.BigDecimal;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads numbers of the command line: one refusal for what is no number and for what is out of range. */
public final class Numbers {

    private Numbers() {}

    /** A whole number, 1 or more. */
    public static final class Count implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            return parse(text, BigDecimal.ONE, BigDecimal.valueOf(Integer.MAX_VALUE))
                    .intValueExact();
        }

        private static BigDecimal parse(String text, BigDecimal least, BigDecimal most) {
            BigDecimal value = decimal(text);
            boolean whole = value != null && value.stripTrailingZeros().scale() <= 0;
            if (!whole || value.compareTo(least) < 0 || value.compareTo(most) > 0) {
                throw refused(text, "a whole number from " + least + " to " + most);
            }
            return value;
        }
    }

    /** A whole number, 0 or more. */
    public static final class CountOrNone implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            return Count.parse(text, BigDecimal.ZERO, BigDecimal.valueOf(Integer.MAX_VALUE))
                    .intValueExact();
        }
    }

    /** How many workers there are, as {@code TrainerOptions} takes it. */
    public static final class Parallels implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            return Count.parse(text, BigDecimal.ONE, BigDecimal.valueOf(4096)).intValueExact();
        }
    }

    /** The concentration of a Dirichlet distribution, as the partitioners take it. */
    public static final class Concentration implements ITypeConverter<Double> {

        private static final BigDecimal LOWEST = new BigDecimal("0.000001");
        private static final BigDecimal HIGHEST = new BigDecimal("1000000");

        @Override
        public Double convert(String text) {
            BigDecimal value = decimal(text);
            if (value == null || value.compareTo(LOWEST) < 0 || value.compareTo(HIGHEST) > 0) {
                throw refused(text, "a number from " + LOWEST + " to " + HIGHEST);
            }
            return value.doubleValue();
        }
    }

    /** How often a client is trained again, as {@code FailurePolicy} takes it. */
    public static final class Retries implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            return Count.parse(text, BigDecimal.ZERO, BigDecimal.valueOf(255)).intValueExact();
        }
    }

    /** A time in seconds, from a millisecond to a year, as {@code TrainerOptions} takes it. */
    public static final class Seconds implements ITypeConverter<Duration> {

        private static final BigDecimal SHORTEST = new BigDecimal("0.001");
        private static final BigDecimal LONGEST =
                BigDecimal.valueOf(Duration.ofDays(365).toSeconds());

        @Override
        public Duration convert(String text) {
            BigDecimal value = decimal(text);
            if (value == null || value.compareTo(SHORTEST) < 0 || value.compareTo(LONGEST) > 0) {
                throw refused(text, "a number of seconds from " + SHORTEST + " to " + LONGEST);
            }
            return Duration.ofNanos(value.movePointRight(9).longValue());
        }
    }

    /** A whole number of 64 bits. */
    public static final class Seed implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            return Count.parse(text, BigDecimal.valueOf(Long.MIN_VALUE), BigDecimal.valueOf(Long.MAX_VALUE))
                    .longValueExact();
        }
    }

    /** A number above 0 and at most 1. */
    public static final class Ratio implements ITypeConverter<Double> {
        @Override
        public Double convert(String text) {
            BigDecimal value = decimal(text);
            if (value == null
                    || value.signum() <= 0
                    || value.compareTo(BigDecimal.ONE) > 0
                    || value.doubleValue() == 0) {
                throw refused(text, "a number above 0 and at most 1");
            }
            return value.doubleValue();
        }
    }

    /** A number above 0. */
    public static final class Positive implements ITypeConverter<Double> {
        @Override
        public Double convert(String text) {
            BigDecimal value = decimal(text);
            double rounded = value == null ? 0 : value.doubleValue();
            if (!(rounded > 0 && rounded <= Float.MAX_VALUE)) {
                throw refused(text, "a number above 0 and at most " + Float.MAX_VALUE);
            }
            return rounded;
        }
    }

    private static BigDecimal decimal(String text) {
        try {
            return text.length() > 100 ? null : new BigDecimal(text);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static TypeConversionException refused(String text, String limit) {
        return new TypeConversionException("value=" + text + ", limit=" + limit);
    }
}
