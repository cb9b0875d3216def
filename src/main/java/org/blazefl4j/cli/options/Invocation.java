package org.blazefl4j.cli.options;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;

/**
 * How the program was started, for commands that can be pasted into a shell in the same folder.
 *
 * @param variables the environment variables to set, for a shell; may be empty
 * @param program the command line before the arguments, quoted for a shell
 */
public record Invocation(String variables, String program) {

    /** The root command, which knows how the program was started. */
    public interface Holder {
        /** Returns how the program was started. */
        Invocation invocation();
    }

    /** Used if it is unknown how the program was started. */
    public static final Invocation UNKNOWN = new Invocation("", "blazefl4j");

    /** Set by the script {@code blazefl4j} to the path that it was started by. */
    private static final String SCRIPT = "blazefl4j.command";

    /** Returns the invocation of this process, with its options for Java. */
    public static Invocation of(String[] args) {
        String script = System.getProperty(SCRIPT);
        return script == null ? ofJava(processLine(), List.of(args)) : ofScript(script, System.getenv("JAVA_OPTS"));
    }

    /** Returns the invocation of the program that a command belongs to. */
    public static Invocation of(CommandSpec command) {
        return ((Holder) command.root().userObject()).invocation();
    }

    static Invocation ofScript(String script, String javaOptions) {
        boolean none = javaOptions == null || javaOptions.isBlank();
        return new Invocation(none ? "" : "JAVA_OPTS=" + quoted(javaOptions), quoted(script));
    }

    /** Removes the program's arguments from the end of the process's command line. */
    static Invocation ofJava(List<String> line, List<String> args) {
        return program(line, args)
                .map(words -> new Invocation("", quoted(words)))
                .orElse(UNKNOWN);
    }

    /**
     * Returns the words that start this program again with other arguments, with its options for Java but those of a
     * debugger, which takes one process only.
     */
    public static List<String> words(List<String> args) {
        String classPath = System.getProperty("java.class.path");
        List<String> words = new ArrayList<>(
                program(processLine(), args).orElse(List.of("java", "-cp", classPath, "org.blazefl4j.cli.Launcher")));
        words.set(0, Path.of(System.getProperty("java.home"), "bin", "java").toString());
        words.removeIf(word -> word.startsWith("-agentlib:jdwp") || word.startsWith("-Xrunjdwp"));
        return words;
    }

    /** Returns the words before the arguments; empty if the line does not end with them. */
    private static Optional<List<String>> program(List<String> line, List<String> args) {
        int own = line.size() - args.size();
        boolean plain = own > 0 && line.subList(own, line.size()).equals(args);
        return plain ? Optional.of(line.subList(0, own)) : Optional.empty();
    }

    private static List<String> processLine() {
        try {
            byte[] line = Files.readAllBytes(Path.of("/proc/self/cmdline"));
            String text = new String(line, Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8")));
            return List.of(text.split("\0"));
        } catch (IOException | IllegalArgumentException e) {
            return List.of();
        }
    }

    /** Returns a complete command with other arguments. */
    public String with(List<String> args) {
        return Stream.of(variables, program, quoted(args))
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining(" "));
    }

    private static String quoted(List<String> words) {
        return words.stream().map(Invocation::quoted).collect(Collectors.joining(" "));
    }

    private static String quoted(String word) {
        return word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
