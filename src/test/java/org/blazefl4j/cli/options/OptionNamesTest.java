package org.blazefl4j.cli.options;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

final class OptionNamesTest {

    private final CommandSpec command = CommandSpec.create()
            .addOption(OptionSpec.builder("--lr").build())
            .addOption(OptionSpec.builder("--server-optimizer").build());

    @Test
    void shouldLeaveSettingsOfPartsAsTheyAre() {
        assertThat(OptionNames.in("changed: server_optimizer=sgd:momentum=0.9,lr=2 (saved: sgd:lr=1), lr=0.1", command))
                .isEqualTo("changed: --server-optimizer=sgd:momentum=0.9,lr=2 (saved: sgd:lr=1), --lr=0.1");
    }
}
