package org.blazefl4j.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import org.blazefl4j.checkpoint.CheckpointFile.Span;
import org.blazefl4j.codec.PackageBytes;
import org.blazefl4j.codec.PackageFormatException;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.util.Causes;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The entries of one part of a file. */
final class PartReader implements CheckpointReader {

    private final CheckpointFile file;
    private final String part;
    private final Map<String, Span> entries;
    private final ClassLoader classes;

    PartReader(CheckpointFile file, String part, Map<String, Span> entries, ClassLoader classes) {
        this.file = file;
        this.part = part;
        this.entries = entries;
        this.classes = classes;
    }

    @Override
    public <T> T get(String name, Class<T> type) {
        Span span = entries.get(name);
        if (span == null) {
            throw new IllegalArgumentException(
                    "no such entry: part=" + part + ", entry=" + name + ", limit=" + entries.keySet());
        }
        return type.cast(decode(name, span, type));
    }

    private Object decode(String name, Span span, Class<?> type) {
        try (Tensor bytes = read(span)) {
            return PackageBytes.decodeDeclared(bytes, classes, type);
        } catch (PackageFormatException e) {
            throw new IllegalArgumentException(
                    "entry of another type: part=" + part + ", entry=" + name + ", expected=" + type.getName() + "; "
                            + e.getMessage(),
                    e);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "checkpoint cannot be read: file=" + file.path() + ", found=" + Causes.describe(e), e);
        }
    }

    private Tensor read(Span span) throws IOException {
        LibTorch.load();
        try (PointerScope scope = new PointerScope()) {
            Tensor bytes = torch.empty(
                    new long[] {span.length()}, new TensorOptions(ScalarType.Byte), new MemoryFormatOptional());
            BytePointer data = new BytePointer(bytes.data_ptr());
            for (long at = 0; at < span.length(); at += Format.CHUNK) {
                data.position(at).limit(Math.min(span.length(), at + Format.CHUNK));
                ByteBuffer chunk = data.asByteBuffer();
                file.read(chunk, span.position() + at);
            }
            bytes.retainReference();
            return bytes;
        }
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(entries.keySet());
    }
}
