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
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Arrays of results are used again, by one result at a time. */
final class ArrayPoolTest {

    private static final int LARGE = ArrayPool.LEAST_BYTES;
    private static final ClassLoader LOADER = ArrayPoolTest.class.getClassLoader();

    private final ArrayPool pool = new ArrayPool(20L * LARGE);

    @AfterEach
    void clear() {
        ArrayPool.OF_PROCESS.clear();
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
    void shouldDropWhatWasGivenFirstBeyondItsLimit() {
        ArrayPool small = new ArrayPool(4L * LARGE);
        byte[] last = new byte[3 * LARGE];
        small.give(new byte[2 * LARGE]);
        small.give(new byte[LARGE]);
        small.give(last);
        assertThat(small.bytes()).isEqualTo(4L * LARGE);
        small.give(new byte[5 * LARGE]);
        small.give(new byte[LARGE - 1]);
        assertThat(small.bytes()).isEqualTo(4L * LARGE);
        assertThat(small.take(3 * LARGE)).isSameAs(last);
        assertThat(small.bytes()).isEqualTo(LARGE);
    }

    @Test
    void shouldTakeWhatWasGivenLast() {
        byte[] last = new byte[LARGE];
        pool.give(new byte[LARGE]);
        pool.give(last);
        assertThat(pool.take(LARGE)).isSameAs(last);
    }

    @Test
    void shouldKeepNothingOfNone() {
        assertThat(ArrayPool.NONE.take(LARGE)).hasSize(LARGE);
        ArrayPool.NONE.give(new byte[LARGE]);
        assertThat(ArrayPool.NONE.bytes()).isZero();
    }

    @Test
    void shouldMakeArraysALittleLongerUpToTheLongest() {
        assertThat(ArrayPool.lengthWithSpare(6400)).isEqualTo(6500);
        assertThat(ArrayPool.lengthWithSpare(2_114_445_438)).isEqualTo(ArrayPool.LONGEST);
        assertThat(ArrayPool.lengthWithSpare(ArrayPool.LONGEST)).isEqualTo(ArrayPool.LONGEST);
    }

    /** Executor and driver are one process here, and use one array. */
    @Test
    void shouldBringResultsOfAnyLengthInOneArray() throws Exception {
        byte[] array = new byte[9 * LARGE / 2];
        for (int round = 0; round < 5; round++) {
            Arrays.fill(array, (byte) -1); // what was there before
            ArrayPool.OF_PROCESS.give(array);
            try (Tensor sent = torch.rand(LARGE - 17 * round)) {
                PooledBytes result = Parcel.encode("result", sent, ArrayPool.OF_PROCESS);
                assertThat(result.array()).isSameAs(array);
                byte[] written = write(result);
                assertThat(ArrayPool.OF_PROCESS.bytes()).isEqualTo(array.length);
                PooledBytes arrived = read(written);
                assertThat(arrived.array()).isSameAs(array);
                assertThat(arrived.length()).isEqualTo(result.length());
                try (Tensor found = (Tensor) arrived.decode(LOADER, Parcel::empty)) {
                    assertThat(found.equal(sent)).isTrue();
                }
                assertThat(ArrayPool.OF_PROCESS.take(4 * LARGE)).isSameAs(array);
            }
        }
    }

    @Test
    void shouldFitIntoAnArrayOnceWritten() throws IOException {
        PooledBytes result = new PooledBytes(ArrayPool.NONE, 8 * LARGE);
        long written = write(result).length;
        assertThat(written * Parcel.MOST_BYTES / result.length()).isLessThan(ArrayPool.LONGEST);
    }

    /** As heartbeats may. */
    @Test
    void shouldWriteArraysOftenThatAreNotUsedAgain() throws Exception {
        try (Tensor sent = torch.rand(LARGE)) {
            PooledBytes result = Parcel.encode("result", sent, ArrayPool.NONE);
            write(result);
            try (Tensor found = (Tensor) read(write(result)).decode(LOADER, Parcel::empty)) {
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
