package org.blazefl4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.Arrays;
import java.util.UUID;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Arrays of results are used again, by one result at a time. */
final class ArrayPoolTest {

    private static final int LARGE = ArrayPool.LEAST_BYTES;
    private static final ClassLoader LOADER = ArrayPoolTest.class.getClassLoader();

    private final String session = UUID.randomUUID().toString();
    private final ArrayPool pool = ArrayPool.open(session);

    @AfterEach
    void close() {
        ArrayPool.close(session);
    }

    @Test
    void shouldGiveAnArrayToOneAtATime() {
        byte[] one = pool.take(2 * LARGE);
        byte[] other = pool.take(2 * LARGE);
        assertThat(other).isNotSameAs(one);
        pool.give(one);
        assertThat(pool.take(2 * LARGE)).isSameAs(one);
        assertThat(pool.take(2 * LARGE)).isNotSameAs(one).isNotSameAs(other);
    }

    @Test
    void shouldTakeTheShortestThatFits() {
        byte[] longer = new byte[LARGE + LARGE / 8];
        byte[] shorter = new byte[LARGE + 1];
        pool.give(longer);
        pool.give(shorter);
        assertThat(pool.take(LARGE)).isSameAs(shorter);
        assertThat(pool.take(LARGE)).isSameAs(longer);
        assertThat(pool.bytes()).isZero();
    }

    @Test
    void shouldReplaceAnArrayThatIsALittleTooShort() {
        byte[] before = new byte[4 * LARGE];
        byte[] other = new byte[8 * LARGE];
        pool.give(before);
        pool.give(other);
        byte[] longer = pool.take(4 * LARGE + 1);
        assertThat(longer).hasSizeGreaterThan(4 * LARGE).isNotSameAs(other);
        assertThat(pool.bytes()).isEqualTo(other.length);
        pool.give(longer);
        assertThat(pool.take(4 * LARGE + 1)).isSameAs(longer);
        assertThat(pool.take(8 * LARGE)).isSameAs(other);
    }

    @Test
    void shouldKeepNoMoreThanItsLimitAndNoSmallArrays() {
        ArrayPool small = new ArrayPool("", 3L * LARGE);
        small.give(new byte[LARGE - 1]);
        assertThat(small.bytes()).isZero();
        small.give(new byte[2 * LARGE]);
        small.give(new byte[2 * LARGE]);
        assertThat(small.bytes()).isEqualTo(2L * LARGE);
        assertThat(ArrayPool.NONE.take(LARGE)).hasSize(LARGE);
        ArrayPool.NONE.give(new byte[LARGE]);
        assertThat(ArrayPool.NONE.bytes()).isZero();
    }

    @Test
    void shouldKeepNothingOnceItsSessionIsClosed() {
        pool.give(new byte[LARGE]);
        assertThat(ArrayPool.find(session)).isSameAs(pool);
        ArrayPool.close(session);
        assertThat(ArrayPool.find(session)).isSameAs(ArrayPool.NONE);
        pool.take(LARGE);
        pool.give(new byte[LARGE]);
        assertThat(pool.bytes()).isZero();
    }

    /** Executor and driver are one process here, and use one array. */
    @Test
    void shouldBringResultsOfAnyLengthInOneArray() throws Exception {
        byte[] array = pool.take(9 * LARGE / 2);
        for (int round = 0; round < 5; round++) {
            Arrays.fill(array, (byte) -1); // what was there before
            pool.give(array);
            try (Tensor sent = torch.rand(LARGE - 17 * round)) {
                PooledBytes result = Parcel.encode("result", sent, pool);
                assertThat(result.array()).isSameAs(array);
                byte[] written = write(result);
                assertThat(pool.bytes()).isEqualTo(array.length);
                PooledBytes arrived = read(written);
                assertThat(arrived.array()).isSameAs(array);
                assertThat(arrived.length()).isEqualTo(result.length());
                try (Tensor found = (Tensor) arrived.decode(LOADER, Parcel::empty)) {
                    assertThat(found.equal(sent)).isTrue();
                }
                assertThat(pool.take(4 * LARGE)).isSameAs(array);
            }
        }
    }

    @Test
    void shouldBringResultsAfterTheSessionIsClosed() throws Exception {
        try (Tensor sent = torch.rand(LARGE)) {
            byte[] written = write(Parcel.encode("result", sent, pool));
            ArrayPool.close(session);
            try (Tensor found = (Tensor) read(written).decode(LOADER, Parcel::empty)) {
                assertThat(found.equal(sent)).isTrue();
            }
        }
    }

    @Test
    void shouldRefuseToWriteAnArrayThatMayBeAnotherResults() throws IOException {
        try (Tensor sent = torch.rand(LARGE)) {
            PooledBytes result = Parcel.encode("result", sent, pool);
            write(result);
            assertThatThrownBy(() -> write(result))
                    .isInstanceOf(NotSerializableException.class)
                    .hasMessage("bytes were written before: length=" + result.length() + ", expected=once");
        }
    }

    private static byte[] write(PooledBytes result) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(result);
        }
        return bytes.toByteArray();
    }

    private static PooledBytes read(byte[] written) throws Exception {
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(written))) {
            return (PooledBytes) in.readObject();
        }
    }
}
