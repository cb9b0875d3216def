package org.blazefl4j.cli.options;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.blazefl4j.util.Printable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/**
 * Values for options from a file, by key: an option's long name without its dashes. Options on the command line win
 * over them.
 */
public record Settings(Map<String, Setting> byKey) implements IDefaultValueProvider {

    /** No values. */
    public static final Settings NONE = new Settings(Map.of());

    /**
     * A value.
     *
     * @param text as an option would have it
     * @param place where it was read
     */
    public record Setting(String text, Place place) {}

    public Settings {
        byKey = Collections.unmodifiableMap(new LinkedHashMap<>(byKey));
    }

    /** Returns the key of an option. */
    public static String key(OptionSpec option) {
        return option.longestName().substring("--".length());
    }

    /** Returns the value of a key, if there is one. */
    public Optional<Setting> get(String key) {
        return Optional.ofNullable(byKey.get(key));
    }

    /** Returns these values, and another one in place of any that the key has. */
    public Settings with(String key, Setting setting) {
        Map<String, Setting> all = new LinkedHashMap<>(byKey);
        all.put(key, setting);
        return new Settings(all);
    }

    /** Returns these values, and others that win over them. */
    public Settings with(Settings others) {
        Map<String, Setting> all = new LinkedHashMap<>(byKey);
        all.putAll(others.byKey);
        return new Settings(all);
    }

    /** Returns these values without those of some keys. */
    public Settings without(Set<String> keys) {
        Map<String, Setting> others = new LinkedHashMap<>(byKey);
        others.keySet().removeAll(keys);
        return new Settings(others);
    }

    /** Returns the value as picocli takes it: a flag that is false is absent, and a dollar stands for itself. */
    @Override
    public @Nullable String defaultValue(ArgSpec arg) {
        return setting(arg)
                .map(Setting::text)
                .filter(text -> !(arg.typeInfo().isBoolean() && text.equals("false")))
                .map(text -> text.replace("$", "$$"))
                .orElse(null);
    }

    private Optional<Setting> setting(ArgSpec arg) {
        return arg instanceof OptionSpec option ? get(key(option)) : Optional.empty();
    }

    /**
     * Parses a command line again, with these values for options that it lacks.
     *
     * @throws UsageException if a value cannot be used, even if an option wins over it
     */
    public void applyTo(CommandLine command, List<String> args) {
        CommandLine root = command.getCommandSpec().root().commandLine();
        command.setDefaultValueProvider(this);
        try {
            root.parseArgs(command.getCommandName());
        } catch (ParameterException e) {
            throw refusal(e);
        }
        root.parseArgs(args.toArray(String[]::new));
    }

    private RuntimeException refusal(ParameterException refusal) {
        ArgSpec arg = refusal.getArgSpec();
        Throwable why = refusal.getCause() instanceof TypeConversionException cause ? cause : refusal;
        return Optional.ofNullable(arg)
                .flatMap(this::setting)
                .<RuntimeException>map(setting -> new UsageException("invalid value: " + setting.place() + ", key="
                        + key((OptionSpec) arg) + ", " + Printable.line(why.getMessage())))
                .orElse(refusal);
    }
}
