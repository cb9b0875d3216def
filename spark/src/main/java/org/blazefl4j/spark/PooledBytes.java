package org.blazefl4j.spark;

import java.io.IOException;
import java.io.NotSerializableException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.Objects;
import java.util.function.Function;
import org.blazefl4j.codec.TensorLayout;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Parcel} that a task returns, in an array that is used again: the executor's once this was written for the
 * driver, the driver's once this was decoded. If neither happens, the array is garbage.
 */
final class PooledBytes implements Serializable {

    private static final long serialVersionUID = 1L;

    private transient ArrayPool pool;
    private transient int length;

    /** May be longer; null once it was given back, which is never if it is of {@link ArrayPool#NONE}. */
    private transient byte @Nullable [] array;

    /** Takes an array, whose elements are undefined. */
    PooledBytes(ArrayPool pool, int length) {
        this.pool = pool;
        this.length = length;
        this.array = pool.take(length);
    }

    int length() {
        return length;
    }

    /** Returns the array. Must not be called once it was given back. */
    byte[] array() {
        return Objects.requireNonNull(array, "array was given back");
    }

    /**
     * Decodes what is in the array, and gives it back.
     *
     * @param memory as in {@link Parcel#decode(byte[], int, ClassLoader, java.util.function.LongFunction, Function)}
     */
    Object decode(ClassLoader loader, Function<TensorLayout, Tensor> memory) {
        Object decoded = Objects.requireNonNull(Parcel.decode(array(), length, loader, memory));
        giveBack();
        return decoded;
    }

    private void giveBack() {
        if (pool != ArrayPool.NONE) {
            byte[] mine = array();
            array = null;
            pool.give(mine);
        }
    }

    private void writeObject(ObjectOutputStream out) throws IOException {
        if (array == null) {
            throw new NotSerializableException("bytes were written before: length=" + length + ", expected=once");
        }
        out.writeInt(length);
        out.write(array, 0, length);
        giveBack();
    }

    private void readObject(ObjectInputStream in) throws IOException {
        pool = ArrayPool.OF_PROCESS;
        length = in.readInt();
        array = pool.take(length);
        in.readFully(array, 0, length);
    }
}
