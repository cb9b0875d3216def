package org.blazefl4j.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.List;
import org.blazefl4j.codec.PackageDecoder;
import org.blazefl4j.codec.PackageEncoder;
import org.blazefl4j.codec.PackageFormatException;
import org.blazefl4j.shm.SegmentMemory;
import org.blazefl4j.shm.SharedMemoryMap;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Receives messages with a frame that another process has damaged. */
final class InboxTest {

    private final Board board = Board.create(1, 1, 0);
    private final Board.Area area = board.jobArea(0);
    private final ByteBuffer bytes = SegmentMemory.view(area.segment(), area.offset(), area.bytes());

    @BeforeEach
    void send() {
        new Outbox(area, new PackageEncoder()).send("x".repeat(100), new CopyPlacer(new SharedMemoryMap()));
    }

    @AfterEach
    void close() {
        board.close();
    }

    private void requireRefused(String text) {
        Inbox inbox = new Inbox(area, new PackageDecoder(InboxTest.class.getClassLoader()));
        assertThatThrownBy(() -> inbox.receive(new SegmentCache()))
                .isInstanceOf(PackageFormatException.class)
                .hasMessageStartingWith(text);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3})
    void shouldRefuseAMessageWithoutRoomForItsTable(int length) {
        bytes.putInt(AreaLayout.MESSAGE_LENGTH, length);
        requireRefused("segment table damaged: bytes=");
    }

    @Test
    void shouldRefuseAMessageOutsideOfTheBoard() {
        bytes.putLong(AreaLayout.MESSAGE_START, board.bytes());
        requireRefused("message outside of its segment: start=" + board.bytes());
    }

    @Test
    void shouldRefuseAnImpossibleSegment() {
        bytes.putInt(AreaLayout.MESSAGE_PLACE, AreaLayout.PLACE_SEGMENT);
        bytes.putInt(AreaLayout.MESSAGE_SEGMENT, -1);
        requireRefused("segment table damaged: segment: slots=0");
    }

    @Test
    void shouldRefuseATableWithAnImpossibleSegment() {
        int table = (int) (bytes.getLong(AreaLayout.MESSAGE_START) - area.offset());
        bytes.putInt(table, 1);
        requireRefused("segment table damaged: ");
    }

    @Test
    void shouldNotNameAClosedTensor() {
        Outbox outbox = new Outbox(area, new PackageEncoder());
        CopyPlacer placer = new CopyPlacer(new SharedMemoryMap());
        Board.ForbiddenWrite write =
                new Board.ForbiddenWrite(area.segment().handle().inode(), area.offset() + AreaLayout.MESSAGE_CONTENT);
        Tensor tensor = torch.ones(3);
        List<Tensor> message = List.of(tensor);
        outbox.send(message, placer);
        assertThat(outbox.pathAt(write, message, placer)).isEqualTo("[0]");
        tensor.close();
        assertThat(outbox.pathAt(write, message, placer)).isNull();
    }
}
