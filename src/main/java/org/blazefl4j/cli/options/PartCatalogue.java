package org.blazefl4j.cli.options;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import picocli.CommandLine.TypeConversionException;

/**
 * Parts that an option can name, each with settings: {@code yogi} or {@code yogi:lr=0.01,tau=0.001}.
 *
 * @param <T> what a name stands for
 */
public final class PartCatalogue<T> {

    /**
     * A part as chosen.
     *
     * @param name without settings
     * @param text the name with the settings that differ from their defaults
     */
    public record Part<T>(String name, String text, T value) {

        /** Returns the settings that differ from their defaults; empty if none does. */
        public String settings() {
            return text.substring(Math.min(name.length() + 1, text.length()));
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** The settings of a part: those that were given, and the defaults of the others. */
    public record Settings(Map<String, String> values) {

        /** Returns a setting as text. */
        public String text(String key) {
            return Objects.requireNonNull(values.get(key), key);
        }

        /** Returns a setting as a number. */
        public double number(String key) {
            return Double.parseDouble(text(key));
        }

        /** Returns a setting that is true or false. */
        public boolean flag(String key) {
            String text = text(key);
            if (!text.equals("true") && !text.equals("false")) {
                throw new NumberFormatException(text);
            }
            return text.equals("true");
        }

        /** Returns a setting as a whole number. */
        public int count(String key) {
            return Integer.parseInt(text(key));
        }
    }

    private record Kind<T>(Map<String, String> defaults, Function<Settings, T> make) {}

    private final Map<String, Kind<T>> kinds = new LinkedHashMap<>();

    /**
     * Adds a part.
     *
     * @param usual its name and the defaults of its settings, as on the command line
     * @param make makes the part; may refuse settings by an {@link IllegalArgumentException}
     */
    public PartCatalogue<T> with(String usual, Function<Settings, T> make) {
        kinds.put(nameIn(usual), new Kind<>(settingsIn(usual), make));
        return this;
    }

    /** Returns the names, in the order in which they were added. */
    public List<String> names() {
        return List.copyOf(kinds.keySet());
    }

    /** Returns a part; fails if the name, a setting or its value is unknown. */
    public Part<T> parse(String text) {
        String name = nameIn(text);
        Kind<T> kind = kinds.get(name);
        if (kind == null) {
            throw refusal(name, String.join(", ", names()));
        }
        Map<String, String> given = settingsIn(text);
        Map<String, String> settings = new LinkedHashMap<>(kind.defaults());
        List<String> changed = new ArrayList<>();
        given.forEach((key, value) -> {
            if (settings.replace(key, value) == null) {
                throw refusal(text, usage(name, kind));
            }
        });
        settings.forEach((key, value) -> {
            if (!value.equals(kind.defaults().get(key))) {
                changed.add(key + "=" + value);
            }
        });
        String canonical = changed.isEmpty() ? name : name + ":" + String.join(",", changed);
        return new Part<>(name, canonical, make(text, name, kind, settings));
    }

    private T make(String text, String name, Kind<T> kind, Map<String, String> settings) {
        try {
            return kind.make().apply(new Settings(settings));
        } catch (NumberFormatException e) {
            throw refusal(text, usage(name, kind));
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException("value=" + text + ": " + e.getMessage());
        }
    }

    private static TypeConversionException refusal(String text, String expected) {
        return new TypeConversionException("value=" + text + ", expected=" + expected);
    }

    private static String usage(String name, Kind<?> kind) {
        if (kind.defaults().isEmpty()) {
            return name + " without settings";
        }
        List<String> settings = new ArrayList<>();
        kind.defaults().forEach((key, value) -> settings.add(key + "=" + value));
        return name + ":" + String.join(",", settings) + " or others of these settings";
    }

    private static String nameIn(String text) {
        return text.split(":", 2)[0];
    }

    /** Returns the settings after the name; one without a value has itself as the key, which no part knows. */
    private static Map<String, String> settingsIn(String text) {
        Map<String, String> settings = new LinkedHashMap<>();
        String[] halves = text.split(":", 2);
        if (halves.length == 2) {
            for (String setting : halves[1].split(",")) {
                String[] sides = setting.split("=", 2);
                settings.put(sides[0], sides.length == 2 ? sides[1] : "");
            }
        }
        return settings;
    }
}
