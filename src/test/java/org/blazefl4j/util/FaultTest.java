package org.blazefl4j.util;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FaultTest {

    @TempDir
    private Path folder;

    private static Fault throwing(String conditions) {
        return Fault.parse("TRAINING,do=throw" + conditions).get(0);
    }

    private static void strikes(Fault fault, int worker, int client, int attempt) {
        assertThatThrownBy(() -> fault.reach(FaultPoint.TRAINING, worker, client, Fault.NONE, attempt))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("fault at TRAINING");
    }

    private static void passes(Fault fault, int worker, int client, int attempt) {
        assertThatCode(() -> fault.reach(FaultPoint.TRAINING, worker, client, Fault.NONE, attempt))
                .doesNotThrowAnyException();
    }

    @Test
    void shouldStrikeOnceAndAtItsPointOnly() {
        Fault fault = throwing("");

        assertThatCode(() -> fault.reach(FaultPoint.CLAIMED, 0, 0, Fault.NONE, 0))
                .doesNotThrowAnyException();
        strikes(fault, 0, 0, 0);
        passes(fault, 0, 0, 0);
    }

    @Test
    void shouldStrikeAtTheNthMatch() {
        Fault fault = throwing(",worker=1,client=7,attempt=2,nth=2");

        passes(fault, 1, 7, 2);
        passes(fault, 0, 7, 2);
        passes(fault, 1, 8, 2);
        passes(fault, 1, 7, 1);
        strikes(fault, 1, 7, 2);
        passes(fault, 1, 7, 2);
    }

    @Test
    void shouldStrikeAShardButNoClientIfAShardIsGiven() {
        Fault fault = throwing(",shard=7");

        passes(fault, 0, 7, 0);
        assertThatThrownBy(() -> fault.reach(FaultPoint.TRAINING, 0, Fault.NONE, 7, 0))
                .hasMessage("fault at TRAINING");
    }

    @Test
    void shouldStrikeOneProcessAndWriteItsIdToAFile() {
        Path file = folder.resolve("struck");

        strikes(throwing(",file=" + file), 0, 0, 0);
        passes(throwing(",file=" + file), 0, 0, 0);

        assertThat(file).hasContent(Long.toString(ProcessHandle.current().pid()));
        assertThat(folder).isDirectoryContaining(file::equals);
        assertThat(folder.toFile().list()).hasSize(1);
    }

    @Test
    void shouldStrikeOnceForEachTriggerFile() throws IOException {
        Path trigger = folder.resolve("trigger");
        Fault fault = throwing(",when=" + trigger);

        for (int i = 0; i < 2; i++) {
            passes(fault, 0, 0, 0);
            Files.createFile(trigger);
            strikes(fault, 0, 0, 0);
            assertThat(trigger).doesNotExist();
        }
    }

    @Test
    void shouldReadSeveralFaultsAndRefuseOtherText() {
        assertThat(Fault.parse("")).isEmpty();
        assertThat(Fault.parse("IDLE,do=kill;AFTER_DONE"))
                .extracting(Fault::point)
                .isEqualTo(List.of(FaultPoint.IDLE, FaultPoint.AFTER_DONE));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Fault.parse("IDLE,at=once"))
                .withMessage("no setting of a fault: text=at=once, expected=one of"
                        + " [attempt, client, do, file, nth, shard, when, worker] with a value");
        assertThatIllegalArgumentException().isThrownBy(() -> Fault.parse("NOWHERE"));
    }
}
