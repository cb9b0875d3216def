package org.blazefl4j.modelfile;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.binding.Build;
import org.blazefl4j.codec.ByteTensors;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Libraries;
import org.bytedeco.pytorch.Tensor;

/**
 * The safetensors format: 8 bytes with the length of the header (little-endian), the header, which is one JSON object
 * padded with spaces, and the tensors' bytes, little-endian, in logical order. The header has each tensor's type,
 * shape, and offsets into these bytes, which tensors cover without gaps.
 */
final class Safetensors {

    static final int LENGTH_BYTES = Long.BYTES;

    /** So that elements of any type lie at multiples of their size. */
    private static final int ALIGNMENT = 8;

    private Safetensors() {}

    private static void requireLibrary() {
        Libraries.require(Safetensors.class, "com.fasterxml.jackson.jr.ob.JSON", Build.library("jackson-jr-objects"));
    }

    /** Writes contiguous tensors on the CPU; names keep their order in the header. */
    static void write(Map<String, Tensor> tensors, WritableByteChannel out) throws IOException {
        requireLibrary();
        List<Map.Entry<String, Tensor>> laidOut = new ArrayList<>(tensors.entrySet());
        laidOut.sort(Comparator.comparingLong(entry -> -entry.getValue().element_size()));
        Map<String, Object> header = new LinkedHashMap<>();
        header.put(SafetensorsHeader.METADATA, Map.of("format", "pt"));
        tensors.keySet().forEach(name -> header.put(name, "")); // for their order
        long end = 0;
        for (Map.Entry<String, Tensor> entry : laidOut) {
            long begin = end;
            end += entry.getValue().nbytes();
            header.put(entry.getKey(), describe(entry.getKey(), entry.getValue(), List.of(begin, end)));
        }
        writeFully(header(header), out);
        for (Map.Entry<String, Tensor> entry : laidOut) {
            try (Tensor bytes = TensorBytes.of(entry.getValue())) {
                ByteTensors.write(bytes, out);
            }
        }
    }

    private static Map<String, Object> describe(String name, Tensor tensor, List<Long> offsets) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("dtype", ElementType.of(name, Tensors.type(tensor)).name());
        entry.put("shape", tensor.shape());
        entry.put("data_offsets", offsets);
        return entry;
    }

    private static ByteBuffer header(Map<String, Object> header) throws IOException {
        byte[] json = JSON.std.asString(header).getBytes(StandardCharsets.UTF_8);
        int padded = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        ByteBuffer bytes = ByteBuffer.allocate(LENGTH_BYTES + padded).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(padded).put(json);
        while (bytes.hasRemaining()) {
            bytes.put((byte) ' ');
        }
        return bytes.flip();
    }

    private static void writeFully(ByteBuffer bytes, WritableByteChannel out) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }

    /** Reads the tensors, in the order of the header. */
    static void read(SourceFile file, FileChannel in, StateDict into) throws IOException {
        requireLibrary();
        SafetensorsHeader header = SafetensorsHeader.read(file, in);
        for (SafetensorsHeader.Entry entry : header.entries()) {
            in.position(header.dataStart() + entry.begin());
            try (Tensor bytes = ByteTensors.read(entry.end() - entry.begin(), in)) {
                long[] shape = entry.shape();
                into.add(entry.name(), TensorBytes.strided(bytes, entry.type(), 0, shape, TensorBytes.strides(shape)));
            }
        }
    }
}
