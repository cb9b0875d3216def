package org.blazefl4j.codec;

import static org.bytedeco.pytorch.global.torch.empty_strided;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;

/**
 * Stands in for a segment: keeps copies of placed tensors, laid out as the codec asks, and hands them out by handle.
 */
public final class HeapStore implements TensorPlacer, TensorResolver, AutoCloseable {

    static final long SEGMENT = 7;
    static final long GENERATION = 3;
    private static final long SLOT_BYTES = 1 << 12;

    final List<String> paths = new ArrayList<>();
    final List<String> unboundedPaths = new ArrayList<>();
    final List<Tensor> handedOut = new ArrayList<>();
    private final List<Tensor> stored = new ArrayList<>();

    @Override
    public ShmHandle place(Supplier<String> path, Tensor tensor, TensorLayout layout, boolean unbounded) {
        paths.add(path.get());
        if (unbounded) {
            unboundedPaths.add(path.get());
        }
        try (TensorOptions options = new TensorOptions(layout.dtype());
                Tensor source = tensor.detach()) {
            Tensor copy = empty_strided(layout.sizes(), layout.strides(), options);
            copy.copy_(source);
            stored.add(copy);
        }
        return new ShmHandle(SEGMENT, GENERATION, (stored.size() - 1) * SLOT_BYTES, layout);
    }

    @Override
    public Tensor resolve(ShmHandle handle) {
        if (handle.segment() != SEGMENT) {
            throw new PackageFormatException("no such segment: segment=" + handle.segment() + ", expected=" + SEGMENT);
        }
        handle.checkGeneration(GENERATION);
        handle.checkWithin(stored.size() * SLOT_BYTES);
        Tensor tensor = new Tensor(stored.get((int) (handle.offset() / SLOT_BYTES)));
        handedOut.add(tensor);
        return tensor;
    }

    @Override
    public void close() {
        stored.forEach(Tensor::close);
    }

    /** Copies the message's bytes out of the encoder's buffer. */
    public static byte[] bytes(ByteBuffer message) {
        byte[] bytes = new byte[message.remaining()];
        message.duplicate().get(bytes);
        return bytes;
    }

    /** Encodes and decodes an object graph. */
    @SuppressWarnings("unchecked")
    static <T> T cross(T graph) {
        HeapStore store = new HeapStore();
        return (T) store.crossWith(graph);
    }

    Object crossWith(Object graph) {
        byte[] message = bytes(new PackageEncoder().encode(graph, this));
        return new PackageDecoder(getClass().getClassLoader()).decode(ByteBuffer.wrap(message), this);
    }
}
