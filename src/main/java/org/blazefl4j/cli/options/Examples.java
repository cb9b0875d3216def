package org.blazefl4j.cli.options;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.IHelpSectionRenderer;

/**
 * Prints the footer of a help text. Shows its commands, which are indented by four spaces, as the reader has to type
 * them: as this program was started, with a backslash at the end of each line that is continued.
 */
public record Examples(Invocation invocation) implements IHelpSectionRenderer {

    private static final String INDENT = "    ";
    private static final String PROGRAM = Invocation.UNKNOWN.program();

    /** Registers the footer for a command and its subcommands. */
    public static void register(CommandLine commands, Invocation invocation) {
        commands.getHelpSectionMap()
                .put(CommandLine.Model.UsageMessageSpec.SECTION_KEY_FOOTER, new Examples(invocation));
        commands.getSubcommands().values().forEach(each -> register(each, invocation));
    }

    @Override
    public String render(Help help) {
        int width = help.commandSpec().usageMessage().width();
        StringBuilder text = new StringBuilder();
        for (String line : help.commandSpec().usageMessage().footer()) {
            String shown = line.startsWith(INDENT + PROGRAM) ? command(line.strip(), width) : line;
            text.append(shown).append(System.lineSeparator());
        }
        return text.toString();
    }

    private String command(String example, int width) {
        List<String> words = new ArrayList<>(Arrays.asList(example.split(" ")));
        words.set(0, invocation.program());
        StringBuilder text = new StringBuilder(INDENT).append(words.get(0));
        int column = text.length();
        for (String word : words.subList(1, words.size())) {
            boolean fits = column + 1 + word.length() + " \\".length() <= width;
            text.append(fits ? " " : " \\" + System.lineSeparator() + INDENT + "  ")
                    .append(word);
            column = (fits ? column + 1 : INDENT.length() + 2) + word.length();
        }
        return text.toString();
    }
}
