package org.blazefl4j.modelfile;

import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.jr.ob.JSON;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.Printable;
import org.jspecify.annotations.Nullable;

/**
 * The header of a safetensors file, checked: each tensor is as long as its type and shape say, and tensors cover the
 * data from its start to its end, without gaps and overlaps.
 *
 * @param dataStart the position in the file at which offsets begin
 * @param entries in the order of the header
 */
record SafetensorsHeader(long dataStart, List<Entry> entries) {

    static final String METADATA = "__metadata__";

    /** The longest header that the format allows. */
    private static final long LONGEST = 100_000_000;

    /** One tensor; its offsets are bytes after the header. */
    record Entry(String name, ElementType type, long[] shape, long begin, long end) {}

    static SafetensorsHeader read(SourceFile file, FileChannel in) throws IOException {
        long size = in.size();
        long length = length(file, in, size);
        ByteBuffer text = ByteBuffer.allocate((int) length);
        readFully(text, in, Safetensors.LENGTH_BYTES);
        long dataStart = Safetensors.LENGTH_BYTES + length;
        List<Entry> entries = new ArrayList<>();
        parse(file, text.array()).forEach((name, value) -> {
            if (!name.equals(METADATA)) {
                entries.add(entry(file, name, value));
            }
        });
        requireCovered(file, entries, size - dataStart);
        return new SafetensorsHeader(dataStart, List.copyOf(entries));
    }

    private static long length(SourceFile file, FileChannel in, long size) throws IOException {
        if (size < Safetensors.LENGTH_BYTES) {
            throw file.damaged("position=0, bytes=" + size + ", limit=" + Safetensors.LENGTH_BYTES + " or more");
        }
        ByteBuffer bytes = ByteBuffer.allocate(Safetensors.LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        readFully(bytes, in, 0);
        long length = bytes.getLong(0);
        long limit = Math.min(LONGEST, size - Safetensors.LENGTH_BYTES);
        if (length < 0 || length > limit) {
            throw file.damaged("position=0, header_bytes=" + Long.toUnsignedString(length) + ", limit=" + limit
                    + ", expected=safetensors or a file of torch.save");
        }
        return length;
    }

    private static void readFully(ByteBuffer bytes, FileChannel in, long position) throws IOException {
        while (bytes.hasRemaining()) {
            if (in.read(bytes, position + bytes.position()) < 0) {
                throw new EOFException("the file shrank while it was read");
            }
        }
    }

    private static Map<String, Object> parse(SourceFile file, byte[] text) {
        try {
            Map<String, Object> header = JSON.builder(new JsonFactoryBuilder()
                            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                            .build())
                    .build()
                    .mapFrom(text);
            if (header != null) {
                return header;
            }
            throw file.damaged("position=" + Safetensors.LENGTH_BYTES + ", expected=a JSON object");
        } catch (IOException e) {
            String found = Printable.line(Causes.describe(e).lines().findFirst().orElse(""));
            throw file.damaged("position=" + Safetensors.LENGTH_BYTES + ", found=" + found
                    + ", expected=a JSON object with one entry for each tensor");
        }
    }

    private static Entry entry(SourceFile file, String name, @Nullable Object value) {
        if (!(value instanceof Map<?, ?> fields)) {
            throw file.damaged(SourceFile.tensor(name) + ", found=" + Printable.line(value)
                    + ", expected=an object with dtype, shape and data_offsets");
        }
        ElementType type = type(file, name, fields.get("dtype"));
        long[] shape = numbers(file, name, "shape", fields.get("shape"));
        long[] offsets = numbers(file, name, "data_offsets", fields.get("data_offsets"));
        long bytes = bytes(type, shape);
        if (offsets.length != 2 || offsets[1] < offsets[0] || offsets[1] - offsets[0] != bytes) {
            throw file.damaged(SourceFile.tensor(name) + ", data_offsets=" + Arrays.toString(offsets)
                    + ", expected=two that are " + (bytes < 0 ? "further apart than can be" : bytes + " apart")
                    + ", as of shape " + Arrays.toString(shape) + " of " + type);
        }
        return new Entry(name, type, shape, offsets[0], offsets[1]);
    }

    private static ElementType type(SourceFile file, String name, @Nullable Object value) {
        return ElementType.named(String.valueOf(value))
                .orElseThrow(() -> file.refused(
                        SourceFile.tensor(name) + ", dtype=" + Printable.line(value) + ", expected=one of "
                                + Arrays.toString(ElementType.values()),
                        "convert the tensor in PyTorch"));
    }

    /** Returns numbers that are not negative. */
    private static long[] numbers(SourceFile file, String name, String field, @Nullable Object value) {
        if (value instanceof List<?> list && list.stream().allMatch(SafetensorsHeader::isCount)) {
            return list.stream().mapToLong(each -> ((Number) each).longValue()).toArray();
        }
        throw file.damaged(SourceFile.tensor(name) + ", " + field + "=" + Printable.line(value)
                + ", expected=a list of integers of 0 or more");
    }

    private static boolean isCount(@Nullable Object value) {
        return (value instanceof Integer || value instanceof Long) && ((Number) value).longValue() >= 0;
    }

    /** Returns the size of a tensor; -1 if it has more bytes than there are numbers. */
    private static long bytes(ElementType type, long[] shape) {
        try {
            return Arrays.stream(shape).reduce(type.bytes(), Math::multiplyExact);
        } catch (ArithmeticException e) {
            return -1;
        }
    }

    private static void requireCovered(SourceFile file, List<Entry> entries, long bytes) {
        List<Entry> laidOut = new ArrayList<>(entries);
        laidOut.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        long end = 0;
        for (Entry entry : laidOut) {
            if (entry.begin() != end) {
                throw file.damaged(SourceFile.tensor(entry.name()) + ", begin=" + entry.begin() + ", expected=" + end
                        + ", where the tensor before it ends");
            }
            if (entry.end() > bytes) {
                throw file.damaged(SourceFile.tensor(entry.name()) + ", end=" + entry.end() + ", limit=" + bytes
                        + ", the bytes after the header");
            }
            end = entry.end();
        }
        if (end != bytes) {
            throw file.damaged("bytes=" + bytes + ", expected=" + end + ", where the last tensor ends");
        }
    }
}
