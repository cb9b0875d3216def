package org.blazefl4j.cli.options;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The help text of a command: lists the options with their defaults, in the groups of nested mixins, and shows the
 * footer's commands, which are indented by four spaces, as the reader has to type them: as this program was started,
 * with a backslash at the end of each line that is continued.
 *
 * <p>Picocli's own groups would reset the other options of a group when one of them is repeated.
 */
public final class UsageHelp extends Help {

    private static final String INDENT = "    ";
    private static final String PROGRAM = Invocation.UNKNOWN.program();

    private final String program;

    public UsageHelp(CommandSpec command, ColorScheme colours, Invocation invocation) {
        super(command, colours);
        this.program = invocation.program();
    }

    /** Lists the command's own options, then those of each mixin of its mixins, below the mixin's heading. */
    @Override
    public String optionList() {
        List<CommandSpec> groups = commandSpec().mixins().values().stream()
                .flatMap(mixin -> mixin.mixins().values().stream())
                .toList();
        if (groups.isEmpty()) {
            return super.optionList();
        }
        List<OptionSpec> ungrouped = new ArrayList<>(commandSpec().options());
        StringBuilder text = new StringBuilder();
        for (CommandSpec group : groups) {
            ungrouped.removeAll(group.options());
            text.append(createHeading(group.usageMessage().optionListHeading())).append(list(group.options()));
        }
        return list(ungrouped) + text;
    }

    private String list(List<OptionSpec> options) {
        Layout layout = createDefaultLayout(); // aligns all groups
        layout.addAllOptions(options, parameterLabelRenderer());
        return layout.toString();
    }

    @Override
    public IOptionRenderer createDefaultOptionRenderer() {
        IOptionRenderer plain = super.createDefaultOptionRenderer();
        return (option, labels, colours) -> plain.render(withDefault(option), labels, colours);
    }

    /** Adds the default to the description's first line, unless the description has it or there is none. */
    private static OptionSpec withDefault(OptionSpec option) {
        String[] lines = option.description();
        boolean none = option.arity().max() == 0 || (option.defaultValue() == null && option.initialValue() == null);
        if (none || String.join(" ", lines).contains("Default:")) {
            return option;
        }
        lines[0] += " Default: " + option.defaultValueString() + ".";
        return option.toBuilder().description(lines).build();
    }

    @Override
    public String footer(Object... params) {
        int width = commandSpec().usageMessage().width();
        StringBuilder text = new StringBuilder();
        for (String line : commandSpec().usageMessage().footer()) {
            String shown = line.startsWith(INDENT + PROGRAM) ? example(line.strip(), width) : line;
            text.append(shown).append(System.lineSeparator());
        }
        return text.toString();
    }

    private String example(String command, int width) {
        List<String> words = Arrays.asList(command.split(" "));
        StringBuilder text = new StringBuilder(INDENT).append(program);
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
