package org.blazefl4j.cli.options;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * Prints the options of nested mixins in groups, below the options of the command itself. Picocli's own groups would
 * reset the other options of a group when one of them is repeated.
 */
public final class OptionGroups {

    private OptionGroups() {}

    /**
     * Groups the options in a command's help.
     *
     * @param mixin the name of the mixin whose own mixins are the groups, titled by their option list headings
     */
    public static void register(CommandLine command, String mixin) {
        Collection<CommandSpec> groups = Objects.requireNonNull(
                        command.getCommandSpec().mixins().get(mixin), mixin)
                .mixins()
                .values();
        command.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, help -> render(help, groups));
    }

    private static String render(Help help, Collection<CommandSpec> groups) {
        List<OptionSpec> ungrouped = new ArrayList<>(help.commandSpec().options());
        StringBuilder text = new StringBuilder();
        for (CommandSpec group : groups) {
            ungrouped.removeAll(group.options());
            text.append(help.createHeading(group.usageMessage().optionListHeading()))
                    .append(list(help, group.options()));
        }
        return list(help, ungrouped) + text;
    }

    private static String list(Help help, List<OptionSpec> options) {
        Help.Layout layout = help.createDefaultLayout(); // aligns all groups
        layout.addAllOptions(options, help.parameterLabelRenderer());
        return layout.toString();
    }
}
