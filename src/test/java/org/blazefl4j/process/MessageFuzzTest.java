package org.blazefl4j.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32C;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import net.jqwik.api.statistics.Statistics;
import org.blazefl4j.codec.PackageDecoder;
import org.blazefl4j.codec.PackageEncoder;
import org.blazefl4j.codec.PackageFormatException;
import org.blazefl4j.core.Device;
import org.blazefl4j.cuda.DeviceHandle;
import org.blazefl4j.shm.SegmentHandle;
import org.blazefl4j.shm.SegmentMemory;
import org.blazefl4j.shm.SharedMemoryMap;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.util.AllocatedBytes;
import org.blazefl4j.worker.RemoteError;
import org.blazefl4j.worker.SideWork;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Damages all messages between a pool and its workers, as a wild write to shared memory would. */
class MessageFuzzTest {

    private static final int HEADER_BYTES = 8;

    /** The most that receiving a message of at most 8 KiB may allocate. */
    private static final long MOST_ALLOCATED = 4 << 20;

    private static Board board;
    private static Board.Area area;
    private static Outbox outbox;
    private static final List<byte[]> PRISTINE = new ArrayList<>();

    record Up(int cid, Tensor x, Map<String, Object> notes) {}

    @BeforeContainer
    static void send() {
        board = Board.create(3, 4, 0);
        area = board.jobArea(1);
        outbox = new Outbox(area, new PackageEncoder());
        try (PointerScope scope = new PointerScope()) {
            Map<String, Object> notes = new HashMap<>(Map.of("loss", 0.5, "tags", List.of("a", "b"), "k", new int[3]));
            Up up = new Up(3, torch.ones(4, 5).t(), notes);
            for (Object message : List.of(
                    new Message.Job(5, torch.ones(100), null, null),
                    new Message.Round(
                            7,
                            NumericEnvironment.capture(),
                            Map.of("images", torch.zeros(3)),
                            up,
                            SideWork.EVALUATION,
                            null),
                    new Message.Result(up, torch.ones(8), true, null),
                    up,
                    new Message.Failure(
                            RemoteError.of(new IllegalStateException("outer", new IllegalArgumentException("inner"))),
                            true,
                            false,
                            "refused"))) {
                outbox.send(message, new CopyPlacer(new SharedMemoryMap()));
                byte[] bytes = new byte[area.bytes()];
                memory().get(bytes);
                PRISTINE.add(bytes);
                read(); // loads classes, whose memory does not count
            }
        }
    }

    private static void read() {
        Inbox inbox = new Inbox(area, new PackageDecoder(MessageFuzzTest.class.getClassLoader()));
        try (SegmentCache segments = new SegmentCache()) {
            inbox.receive(segments).close();
        }
    }

    @AfterContainer
    static void close() {
        outbox.close();
        board.close();
    }

    private static ByteBuffer memory() {
        return SegmentMemory.view(area.segment(), area.offset(), area.bytes());
    }

    /** Offsets in the area. */
    private record Places(int table, int body, int end) {

        static Places of(byte[] pristine) {
            ByteBuffer header = ByteBuffer.wrap(pristine).order(ByteOrder.nativeOrder());
            int start = (int) (header.getLong(AreaLayout.MESSAGE_START) - area.offset());
            int body = start + Integer.BYTES + AreaLayout.HANDLE_BYTES * header.getInt(start);
            return new Places(start, body, start + header.getInt(AreaLayout.MESSAGE_LENGTH));
        }
    }

    private static void damage(byte[] bytes, Places places, Random random) {
        int[] from = {0, places.table, places.body + HEADER_BYTES, places.body + HEADER_BYTES, places.body};
        int[] to = {AreaLayout.JOB_OFFSET, places.body, places.end, places.end, places.end};
        int part = random.nextInt(from.length);
        int at = from[part] + random.nextInt(to[part] - from[part]);
        int length = Math.min(1 + random.nextInt(8), to[part] - at);
        switch (random.nextInt(5)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes[at] = (byte) random.nextInt(40);
            case 2 -> Arrays.fill(bytes, at, at + length, (byte) (random.nextBoolean() ? 0xff : 0));
            case 3 ->
                System.arraycopy(
                        bytes, places.table + random.nextInt(places.end - places.table - 8), bytes, at, length);
            default -> {
                byte[] any = new byte[length];
                random.nextBytes(any);
                System.arraycopy(any, 0, bytes, at, length);
            }
        }
    }

    /** Corrects the message's checksum, to test more than the checksum. */
    private static void seal(byte[] bytes, Places places) {
        CRC32C sum = new CRC32C();
        sum.update(bytes, places.body + HEADER_BYTES, places.end - places.body - HEADER_BYTES);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(places.body + 4, (int) sum.getValue());
    }

    @Property(tries = 4000)
    void shouldReadOrRefuseDamagedMessages(@ForAll Random random) {
        byte[] bytes = PRISTINE.get(random.nextInt(PRISTINE.size())).clone();
        Places places = Places.of(bytes);
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            damage(bytes, places, random);
        }
        if (random.nextInt(10) > 0) {
            seal(bytes, places);
        }
        memory().put(bytes);
        Inbox inbox = new Inbox(area, new PackageDecoder(MessageFuzzTest.class.getClassLoader()));
        try (PointerScope scope = new PointerScope();
                SegmentCache segments = new SegmentCache()) {
            long before = AllocatedBytes.ofThisThread();
            Throwable thrown = catchThrowable(() -> {
                Inbox.Received received = inbox.receive(segments);
                received.tensors().forEach(tensor -> tensor.clone().close()); // reads all of it
                received.close();
            });
            long allocated = AllocatedBytes.ofThisThread() - before;
            assertThat(allocated).isLessThan(MOST_ALLOCATED);
            Statistics.label("read").collect(thrown == null).coverage(both -> {
                both.check(true).count(count -> count > 100);
                both.check(false).count(count -> count > 100);
            });
            if (thrown != null) {
                assertThat(thrown).isInstanceOfAny(PackageFormatException.class, IllegalStateException.class);
                assertThat(thrown.getMessage()).isNotBlank();
                assertThat(thrown instanceof PackageFormatException
                                || thrown.getMessage().startsWith("cannot open a segment: "))
                        .as(thrown.toString())
                        .isTrue();
            }
        }
    }

    @Property(tries = 2000)
    void shouldReadOrRefuseADamagedJobHeader(@ForAll Random random) {
        SegmentHandle segment = random.nextBoolean() ? board.handle() : null;
        DeviceHandle onDevice = random.nextBoolean() ? SegmentTableTest.ON_DEVICE : null;
        JobHeader order = new JobHeader(3, 5, Device.CPU, segment, 0, onDevice, 0);
        ByteBuffer bytes = ByteBuffer.allocate(AreaLayout.JOB_BYTES).order(ByteOrder.nativeOrder());
        order.write(bytes);
        assertThat(JobHeader.read(bytes)).isEqualTo(order);
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            bytes.put(random.nextInt(AreaLayout.JOB_BYTES), (byte) random.nextInt());
        }
        Throwable thrown = catchThrowable(() -> {
            JobHeader read = JobHeader.read(bytes);
            assertThat(read.slot())
                    .isBetween(0, read.segment() == null ? 0 : read.segment().slots() - 1);
            assertThat(read.onSlot()).isBetween(0, read.onDevice() == null ? 0 : onDevice.slots() - 1);
        });
        if (thrown != null) {
            assertThat(thrown).isExactlyInstanceOf(PackageFormatException.class);
            assertThat(thrown.getMessage()).containsPattern("^(job|segment table) damaged: .*(limit|expected)=");
        }
    }

    /** Returns the part of a board before its areas. */
    private static byte[] words(Board damaged) {
        byte[] bytes = new byte[(int) damaged.workerArea(0).offset()];
        SegmentMemory.view(damaged.setupArea().segment(), 0, bytes.length).get(bytes);
        return bytes;
    }

    @Property(tries = 500)
    void shouldReturnFromEveryCallOfADamagedBoard(@ForAll Random random) {
        try (Board damaged = Board.create(3, 4, 2)) {
            byte[] bytes = words(damaged);
            for (int i = 1 + random.nextInt(40); i > 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            SegmentMemory.view(damaged.setupArea().segment(), 0, bytes.length).put(bytes);
            assertThat(damaged.workers()).isEqualTo(3);
            assertThat(damaged.lanes()).isEqualTo(4);
            for (int worker = 0; worker < 3; worker++) {
                int each = worker;
                Throwable thrown = catchThrowable(() -> damaged.status(each));
                if (thrown != null) {
                    assertThat(thrown)
                            .isExactlyInstanceOf(IllegalStateException.class)
                            .hasMessage("job board corrupted: worker=" + each
                                    + ", unknown status; a client probably wrote out of bounds");
                }
                assertThat(damaged.beats(worker)).isNotNegative();
                assertThat(damaged.claim(worker, 0)).isBetween(Board.SHUT_DOWN, 3);
                damaged.hasResultsOf(worker);
                damaged.lose(worker);
                assertThat(damaged.status(worker)).isEqualTo(Board.Status.STARTING);
            }
            for (int lane = 0; lane < 4; lane++) {
                assertThat(damaged.await(lane, 0)).isBetween(0, 0xff);
                damaged.release(lane);
            }
            assertThat(damaged.failure()).isBetween(Board.NOTHING, 3);
        }
    }
}
