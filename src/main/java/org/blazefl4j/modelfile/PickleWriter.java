package org.blazefl4j.modelfile;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * Writes the pickle of a {@code state_dict}, of protocol 2: an ordered dict of tensors, whose storages are 0, 1, ...
 */
final class PickleWriter {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private PickleWriter() {}

    /** Writes contiguous tensors by their names. */
    static byte[] write(Map<String, Tensor> tensors) {
        PickleWriter writer = new PickleWriter();
        writer.code(0x80).code(2);
        writer.orderedDict().code('(');
        int storage = 0;
        for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
            writer.text(entry.getKey());
            writer.tensor(entry.getKey(), entry.getValue(), storage++);
        }
        writer.code('u').code('.');
        return writer.out.toByteArray();
    }

    private void tensor(String name, Tensor tensor, int storage) {
        ElementType type = ElementType.of(name, Tensors.type(tensor));
        global("torch._utils", "_rebuild_tensor_v2").code('(');
        code('(').text("storage").global("torch", type.storage());
        text(Integer.toString(storage)).text("cpu").number(tensor.numel());
        code('t').code('Q'); // the storage
        number(0).numbers(tensor.shape()).numbers(TensorBytes.strides(tensor.shape()));
        code(0x89).orderedDict(); // no gradient, no hooks
        code('t').code('R');
    }

    private PickleWriter orderedDict() {
        return global("collections", "OrderedDict").code(')').code('R');
    }

    private PickleWriter code(int code) {
        out.write(code);
        return this;
    }

    private PickleWriter global(String module, String name) {
        code('c');
        out.writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
        return this;
    }

    private PickleWriter text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        code('X');
        out.writeBytes(littleEndian(Integer.BYTES).putInt(bytes.length).array());
        out.writeBytes(bytes);
        return this;
    }

    private PickleWriter number(long value) {
        code(0x8a).code(Long.BYTES);
        out.writeBytes(littleEndian(Long.BYTES).putLong(value).array());
        return this;
    }

    private PickleWriter numbers(long[] values) {
        code('(');
        for (long value : values) {
            number(value);
        }
        return code('t');
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
