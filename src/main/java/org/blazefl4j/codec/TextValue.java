package org.blazefl4j.codec;

import java.io.File;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.Period;
import java.time.ZonedDateTime;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** JDK values that cross as text, which parses to an equal value. */
enum TextValue {
    UNIQUE_ID(UUID.class, UUID::fromString),
    DURATION(Duration.class, Duration::parse),
    PERIOD(Period.class, Period::parse),
    INSTANT(Instant.class, Instant::parse),
    LOCAL_DATE(LocalDate.class, LocalDate::parse),
    LOCAL_TIME(LocalTime.class, LocalTime::parse),
    LOCAL_DATE_TIME(LocalDateTime.class, LocalDateTime::parse),
    OFFSET_DATE_TIME(OffsetDateTime.class, OffsetDateTime::parse),
    ZONED_DATE_TIME(ZonedDateTime.class, ZonedDateTime::parse),
    URI_TEXT(URI.class, URI::create),
    FILE(File.class, File::new),
    PATH(Path.class, Path::of);

    private static final TextValue[] VALUES = values();

    private final Class<?> type;
    final Function<String, Object> parse;

    TextValue(Class<?> type, Function<String, Object> parse) {
        this.type = type;
        this.parse = parse;
    }

    /** Returns the constant for a class, if it has one. */
    static @Nullable TextValue of(Class<?> type) {
        for (TextValue value : VALUES) {
            if (value.type == type) {
                return value;
            }
        }
        boolean path = Path.class.isAssignableFrom(type) && isOfDefaultFileSystem(type);
        return path ? PATH : null;
    }

    /** Returns the constant with a number, if it exists. */
    static @Nullable TextValue of(int number) {
        return number < VALUES.length ? VALUES[number] : null;
    }

    private static boolean isOfDefaultFileSystem(Class<?> type) {
        return FileSystems.getDefault().getPath("").getClass() == type;
    }
}
