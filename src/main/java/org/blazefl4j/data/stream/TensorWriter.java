package org.blazefl4j.data.stream;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Makes a tensor of elements whose number is not known before the last one. Keeps them outside the heap, except a
 * buffer, so that data sets may be larger than the heap, and copies them part by part in the end. Used in one pointer
 * scope, which frees what is left.
 */
public final class TensorWriter {

    /** The elements in the heap. */
    public static final int BUFFER = 1 << 16;

    /** The bytes of a part: enough for malloc to return each part's memory once it is freed. */
    private static final int PART_BYTES = 1 << 25;

    private final ScalarType type;
    private final byte[] bytes;
    private final float[] floats;
    private final int partLength;
    private final List<Tensor> parts = new ArrayList<>();
    private int buffered;
    private long flushed;
    private long drained;

    private TensorWriter(ScalarType type) {
        this.type = type;
        this.bytes = new byte[type == ScalarType.Byte ? BUFFER : 0];
        this.floats = new float[type == ScalarType.Float ? BUFFER : 0];
        this.partLength = type == ScalarType.Float ? PART_BYTES / Float.BYTES : PART_BYTES;
    }

    /** Makes a writer of uint8. */
    public static TensorWriter ofBytes() {
        return new TensorWriter(ScalarType.Byte);
    }

    /** Makes a writer of float32. */
    public static TensorWriter ofFloats() {
        return new TensorWriter(ScalarType.Float);
    }

    /** Adds an element: a whole number from 0 to 255 if elements are bytes. */
    public void add(float element) {
        if (bytes.length > 0) {
            addByte((int) element);
            return;
        }
        floats[buffered++] = element;
        if (buffered == BUFFER) {
            flush();
        }
    }

    /** Adds a byte. */
    public void addByte(int element) {
        bytes[buffered++] = (byte) element;
        if (buffered == BUFFER) {
            flush();
        }
    }

    /** Adds bytes of a stream, up to its end or to so many; returns how many. */
    public long addFrom(InputStream in, long most) throws IOException {
        long added = 0;
        while (added < most) {
            int wanted = (int) Math.min(most - added, BUFFER - buffered);
            int found = in.readNBytes(bytes, buffered, wanted);
            buffered += found;
            added += found;
            if (buffered == BUFFER) {
                flush();
            }
            if (found < wanted) {
                break;
            }
        }
        return added;
    }

    private void flush() {
        int at = (int) (flushed % partLength);
        if (at == 0) {
            parts.add(Memory.empty(type, partLength));
        }
        try (PointerScope scope = new PointerScope()) {
            Tensor part = parts.get(parts.size() - 1);
            if (bytes.length > 0) {
                new BytePointer(part.data_ptr()).position(at).put(bytes, 0, buffered);
            } else {
                new FloatPointer(part.data_ptr()).position(at).put(floats, 0, buffered);
            }
        }
        flushed += buffered;
        buffered = 0;
    }

    /** Returns the tensor, with a shape of as many elements; to be called once, and nothing after it. */
    public Tensor toTensor(long... shape) {
        finish();
        Tensor whole = Memory.empty(type, shape);
        if (whole.numel() != flushed) {
            throw new IllegalStateException("elements do not fill the shape: elements=" + flushed + ", shape="
                    + Arrays.toString(shape) + ", expected=as many elements");
        }
        try (PointerScope scope = new PointerScope()) {
            Tensor flat = whole.view(-1);
            long at = 0;
            for (Tensor part : parts) {
                long length = Math.min(partLength, flushed - at);
                flat.narrow(0, at, length).copy_(part.narrow(0, 0, length));
                part.close();
                at += length;
            }
        }
        return whole;
    }

    private void finish() {
        if (buffered > 0) {
            flush();
        }
    }

    /**
     * Moves the next bytes, from the first on, into an array of {@link #BUFFER}, in place of making a tensor; nothing
     * can be added any more.
     */
    public void drain(byte[] to) {
        finish();
        Tensor part = parts.get((int) (drained / partLength));
        int at = (int) (drained % partLength);
        int length = (int) Math.min(BUFFER, flushed - drained);
        try (PointerScope scope = new PointerScope()) {
            new BytePointer(part.data_ptr()).position(at).get(to, 0, length);
        }
        drained += length;
        if (drained % partLength == 0) {
            part.close();
        }
    }
}
