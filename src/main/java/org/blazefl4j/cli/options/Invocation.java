package org.blazefl4j.cli.options;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;

/**
 * How the program was started, for commands that the reader can paste into a shell in the same folder.
 *
 * @param variables environment variables that were set for it, for a shell; empty if there are none
 * @param program what comes before the arguments, quoted as far as a shell needs it
 */
public record Invocation(String variables, String program) {

    /** The outermost command, which knows how the program was started. */
    public interface Holder {
        /** How it was started. */
        Invocation invocation();
    }

    /** Where it does not show how. */
    public static final Invocation UNKNOWN = new Invocation("", "blazefl4j");

    /** Set by the script {@code blazefl4j} to the path that it was started by. */
    private static final String SCRIPT = "blazefl4j.command";

    /** That of this process, with its options for Java. */
    public static Invocation of(String[] args) {
        String script = System.getProperty(SCRIPT);
        return script == null ? ofJava(processLine(), List.of(args)) : ofScript(script, System.getenv("JAVA_OPTS"));
    }

    /** How the program was started to which a command belongs. */
    public static Invocation of(CommandSpec command) {
        return ((Holder) command.root().userObject()).invocation();
    }

    static Invocation ofScript(String script, String javaOptions) {
        boolean none = javaOptions == null || javaOptions.isBlank();
        return new Invocation(none ? "" : "JAVA_OPTS=" + quoted(javaOptions), quoted(script));
    }

    /** The process's line without the program's arguments, which end it. */
    static Invocation ofJava(List<String> line, List<String> args) {
        int own = line.size() - args.size();
        boolean plain = own > 0 && line.subList(own, line.size()).equals(args);
        return plain ? new Invocation("", quoted(line.subList(0, own))) : UNKNOWN;
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

    /** A whole command, with other arguments. */
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
