package org.blazefl4j.shm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.ByteBuffer;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import net.jqwik.api.statistics.Statistics;
import org.blazefl4j.binding.Native;
import org.blazefl4j.codec.HeapStore;
import org.blazefl4j.codec.Kind;
import org.blazefl4j.codec.Message;
import org.blazefl4j.codec.MessageWriter;
import org.blazefl4j.codec.PackageDecoder;
import org.blazefl4j.codec.PackageFormatException;
import org.blazefl4j.codec.ShmHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Resolves handles with random numbers and reads their memory, which reveals wrong addresses. */
class HandleFuzzTest {

    private static final long SLOT = Segment.SLOT_ALIGNMENT;
    private static final long[] EXTREMES = {
        0,
        1,
        -1,
        SLOT - 4,
        SLOT,
        3 * SLOT,
        3 * SLOT - 4,
        1L << 31,
        1L << 32,
        1L << 61,
        1L << 62,
        Long.MAX_VALUE,
        Long.MIN_VALUE
    };

    private static Segment segment;

    @BeforeContainer
    static void create() {
        segment = Segment.slotted(3, SLOT);
    }

    @AfterContainer
    static void close() {
        segment.close();
    }

    private static long number(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> EXTREMES[random.nextInt(EXTREMES.length)];
            case 1 -> random.nextLong();
            default -> random.nextInt(20);
        };
    }

    /** Returns the bytes of a handle with random numbers, as in a message. */
    private static byte[] handle(Random random) {
        MessageWriter out = new MessageWriter(Message.MAX_BYTES);
        out.start();
        out.kind(Kind.TENSOR);
        out.varint(number(random));
        out.varint(number(random));
        out.varint(random.nextBoolean() ? 4L * random.nextInt((int) SLOT) : number(random));
        out.u8(random.nextBoolean() ? 6 : random.nextInt(256));
        int dimensions = random.nextInt(4);
        out.u8(random.nextInt(8) == 0 ? random.nextInt(256) : dimensions << 1 | random.nextInt(2));
        for (int i = 0; i < 2 * dimensions; i++) {
            out.varint(number(random));
        }
        byte[] message = HeapStore.bytes(out.finish());
        if (random.nextInt(4) == 0) {
            message[Message.HEADER_BYTES + 1 + random.nextInt(message.length - Message.HEADER_BYTES - 1)] ^=
                    (byte) (1 << random.nextInt(8));
            Message.seal(message, 0, message.length);
        }
        return message;
    }

    /** Resolves a handle as a receiver does. */
    private static Tensor resolve(ShmHandle handle) {
        handle.checkWithin(segment.bytes());
        return segment.tensor(handle.offset(), handle.layout());
    }

    @Property(tries = 6000)
    void shouldCreateTensorsOnlyWithinTheSegment(@ForAll Random random) {
        byte[] message = handle(random);
        ByteBuffer sent = ByteBuffer.wrap(message);
        Object[] decoded = new Object[1];
        Throwable thrown = catchThrowable(() -> decoded[0] =
                new PackageDecoder(HandleFuzzTest.class.getClassLoader()).decode(sent, HandleFuzzTest::resolve));
        boolean made = thrown == null;
        Statistics.label("tensor").collect(made).coverage(both -> {
            both.check(true).count(count -> count > 100);
            both.check(false).count(count -> count > 100);
        });
        if (!made) {
            assertThat(thrown).isInstanceOfAny(PackageFormatException.class, IllegalArgumentException.class);
            assertThat(thrown.getMessage()).containsAnyOf("limit=", "expected=");
            return;
        }
        try (Tensor tensor = (Tensor) decoded[0];
                Tensor read = tensor.clone()) {
            long address =
                    tensor.numel() == 0 ? segment.address() : tensor.data_ptr().address();
            assertThat(address).isBetween(segment.address(), segment.address() + segment.bytes() - tensor.nbytes());
            assertThat(read.nbytes()).isEqualTo(tensor.nbytes());
        }
    }

    private static int small(Random random) {
        return random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(100);
    }

    @Property(tries = 1500)
    void shouldOpenOnlyTheSegmentOfAHandle(@ForAll Random random) {
        SegmentHandle real = segment.handle();
        boolean rightFile = random.nextBoolean();
        int pid = random.nextInt(4) == 0 ? small(random) : Native.pid();
        int fd = random.nextInt(4) == 0 ? small(random) : real.fd();
        long device = rightFile ? real.device() : number(random);
        long inode = rightFile ? real.inode() : number(random);
        int slots = random.nextBoolean() ? 1 + random.nextInt(3) : small(random);
        long slotBytes = random.nextBoolean() ? SLOT : number(random);
        Segment[] opened = new Segment[1];
        Throwable thrown = catchThrowable(() ->
                opened[0] = Segment.open(new SegmentHandle(pid, fd, device, inode, slots, slotBytes, number(random))));
        if (thrown != null) {
            assertThat(thrown).isInstanceOfAny(IllegalArgumentException.class, IllegalStateException.class);
            assertThat(thrown.getMessage())
                    .matches("segment( handle)?: .*(limit|expected)=.*|cannot open a segment: SegmentHandle.*errno=.*");
            return;
        }
        try (Segment found = opened[0];
                Tensor all = found.tensor(0, ScalarType.Byte, found.slotBytes())) {
            assertThat(device).isEqualTo(real.device());
            assertThat(inode).isEqualTo(real.inode());
            assertThat(found.bytes()).isBetween(SLOT, real.bytes());
            assertThat(all.sum().item_long()).isZero();
        }
    }
}
