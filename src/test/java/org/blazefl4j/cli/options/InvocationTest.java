package org.blazefl4j.cli.options;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.blazefl4j.cli.Main;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Printed commands can be pasted into a shell. */
final class InvocationTest {

    private static final List<String> LINE =
            List.of("java", "-Xmx1g", "-jar", "my dist/blazefl4j.jar", "run", "--lr", "1");

    @Test
    void shouldKeepTheOptionsOfJava() {
        Invocation invocation = Invocation.ofJava(LINE, List.of("run", "--lr", "1"));

        assertThat(invocation.with(List.of("run", "--output", "it's")))
                .isEqualTo("java -Xmx1g -jar 'my dist/blazefl4j.jar' run --output 'it'\\''s'");
        assertThat(Invocation.ofJava(LINE, List.of("verify")).program()).isEqualTo("blazefl4j");
        assertThat(Invocation.ofJava(List.of(), List.of()).program()).isEqualTo("blazefl4j");
    }

    @Test
    void shouldNameTheScriptAndItsOptions() {
        assertThat(Invocation.ofScript("/opt/bfl/bin/blazefl4j", null).program())
                .isEqualTo("/opt/bfl/bin/blazefl4j");
        assertThat(Invocation.ofScript("my bin/blazefl4j", "-Xmx1g -ea").with(List.of("doctor")))
                .isEqualTo("JAVA_OPTS='-Xmx1g -ea' 'my bin/blazefl4j' doctor");
    }

    @Test
    void shouldStartTheSameClassesIfTheCommandLineIsUnknown() {
        assertThat(Invocation.words(List.of("not", "of this process")))
                .containsExactly(
                        System.getProperty("java.home") + "/bin/java",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "org.blazefl4j.cli.Launcher");
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "sweep", "bench", "verify", "doctor", ""})
    void shouldPrintExamplesThatAShellAccepts(String command) {
        StringWriter out = new StringWriter();
        Invocation invocation = new Invocation("", "java -jar 'my dist/blazefl4j.jar'");
        Main.commandLine(invocation)
                .setOut(new PrintWriter(out))
                .execute((command + " --help").strip().split(" "));

        String examples = out.toString().replace(" \\\n      ", " ").split("Examples?\n")[1];
        List<String> commands =
                examples.lines().filter(line -> line.startsWith("    ")).toList();
        assertThat(commands).isNotEmpty().allMatch(line -> line.startsWith("    " + invocation.program() + " "));
        assertThat(out.toString().lines()).allMatch(line -> line.length() <= 80);
    }

    @Test
    void shouldNameTheHelpCommand() {
        StringWriter err = new StringWriter();
        Main.commandLine(new Invocation("", "bin/blazefl4j"))
                .setErr(new PrintWriter(err))
                .execute("run", "--lr", "x");

        assertThat(err.toString()).startsWith("blazefl4j run: ").endsWith("Try 'bin/blazefl4j run --help'.\n");
    }
}
