package org.blazefl4j.modelfile;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.Printable;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/**
 * A model's parameters and buffers by PyTorch's names, and the files that carry them to PyTorch and back: safetensors,
 * and the {@code state_dict} files of {@code torch.save}.
 *
 * <pre>{@code
 * try (StateDict state = StateDict.read(Path.of("pretrained.safetensors"))) {
 *     state.loadInto(model);
 * }
 * try (StateDict state = StateDict.of(model)) {
 *     state.write(Path.of("trained.pt"));
 * }
 * }</pre>
 *
 * <p>Tensors lie on the CPU, in logical order, and keep their bits in both directions. Safetensors need jackson-jr on
 * the class path. Owns its tensors until closed.
 */
public final class StateDict implements AutoCloseable {

    /** The formats, by the ends of files' names. */
    private enum Format {
        SAFETENSORS(".safetensors") {
            @Override
            void write(Map<String, Tensor> tensors, FileChannel out) throws IOException {
                Safetensors.write(tensors, out);
            }
        },
        TORCH(".pt", ".pth") {
            @Override
            void write(Map<String, Tensor> tensors, FileChannel out) throws IOException {
                TorchArchive.write(tensors, out);
            }
        };

        private final List<String> ends;

        Format(String... ends) {
            this.ends = List.of(ends);
        }

        abstract void write(Map<String, Tensor> tensors, FileChannel out) throws IOException;

        static Format of(Path file) {
            String name = file.toString().toLowerCase(Locale.ROOT);
            return Arrays.stream(values())
                    .filter(format -> format.ends.stream().anyMatch(name::endsWith))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("unknown format: file=" + file
                            + ", expected=a name that ends in .safetensors, .pt or .pth" + "; name it so"));
        }
    }

    private static final int ZIP_MAGIC = 0x04034b50;
    private static final int PICKLE_OPCODE = 0x80;
    private static final int NAMED = 5;

    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    /** Begins without tensors. */
    StateDict() {}

    /** Adds a tensor, which this object then owns. */
    void add(String name, Tensor tensor) {
        tensors.put(name, tensor);
    }

    /**
     * Copies the state of a module.
     *
     * @throws IllegalArgumentException as {@link FlatParameters#of}
     */
    public static StateDict of(Module module) {
        StateDict copy = new StateDict();
        try (FlatParameters state = FlatParameters.of(module);
                PointerScope scope = new PointerScope()) {
            state.tensors()
                    .forEach((name, tensor) -> copy.add(
                            name, tensor.detach().cpu().contiguous().clone().retainReference()));
        }
        return copy;
    }

    /**
     * Reads a file of either format, told apart by their content. Nothing that a file says is executed.
     *
     * @throws IllegalArgumentException if the file is neither, is damaged, or holds something else than tensors by name
     * @throws UncheckedIOException if it cannot be read
     * @throws IllegalStateException if it is a safetensors file, and jackson-jr is missing
     */
    public static StateDict read(Path file) {
        LibTorch.load();
        StateDict state = new StateDict();
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            state.read(new SourceFile(file), in);
            return state;
        } catch (EOFException e) {
            state.close();
            throw new SourceFile(file).damaged("found=" + e.getMessage());
        } catch (IOException e) {
            state.close();
            throw new UncheckedIOException(
                    "model file cannot be read: file=" + file + ", found=" + Causes.describe(e), e);
        } catch (RuntimeException | Error e) {
            state.close();
            throw e;
        }
    }

    private void read(SourceFile file, FileChannel in) throws IOException {
        ByteBuffer start = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        in.read(start, 0);
        long length = start.getLong(0); // of a safetensors header, far below what the start of a pickle makes it
        if (start.getInt(0) == ZIP_MAGIC) {
            TorchArchive.read(file, this);
        } else if ((start.get(0) & 0xff) == PICKLE_OPCODE && Long.compareUnsigned(length, in.size()) > 0) {
            throw file.refused(
                    "found=a pickle, expected=a zip archive or safetensors",
                    "save it by torch.save of PyTorch 1.6 or newer, without the legacy format");
        } else {
            Safetensors.read(file, in, this);
        }
    }

    /**
     * Writes a file in the format of its name: {@code .safetensors}, or {@code .pt} or {@code .pth} for
     * {@code torch.load(file, weights_only=True)}. Replaces an existing file once the new one is complete.
     *
     * @throws IllegalArgumentException if the name ends in nothing of these
     * @throws UncheckedIOException if the file cannot be written; the one before is then as it was
     * @throws IllegalStateException if it is to be safetensors, and jackson-jr is missing
     */
    public void write(Path file) {
        Format format = Format.of(file);
        Path partial = file.resolveSibling(file.getFileName() + ".partial");
        try {
            try (FileChannel out = FileChannel.open(
                    partial,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
                format.write(tensors, out);
            }
            Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "model file cannot be written: file=" + file + ", found=" + Causes.describe(e), e);
        } finally {
            partial.toFile().delete();
        }
    }

    /**
     * Copies the tensors to a module, which has the same names, shapes and types, on any device.
     *
     * @throws IllegalArgumentException if they differ; the module is then unchanged
     */
    public void loadInto(Module module) {
        try (FlatParameters state = FlatParameters.of(module);
                NoGradGuard guard = new NoGradGuard();
                PointerScope scope = new PointerScope()) {
            Map<String, Tensor> own = state.tensors();
            requireSameNames(own.keySet());
            own.forEach((name, tensor) -> requireSameKind(name, tensor));
            own.forEach((name, tensor) -> tensor.copy_(tensor(name)));
        }
    }

    private void requireSameNames(Collection<String> expected) {
        List<String> missing = without(expected, tensors.keySet());
        List<String> unexpected = without(tensors.keySet(), expected);
        Arguments.require(
                missing.isEmpty() && unexpected.isEmpty(),
                "state of another model: missing=" + some(missing) + ", unexpected=" + some(unexpected)
                        + ", expected=the names of the model's state_dict; choose the model that the state is of");
    }

    private static List<String> without(Collection<String> names, Collection<String> others) {
        List<String> rest = new ArrayList<>(names);
        rest.removeAll(others);
        return rest;
    }

    private static String some(List<String> names) {
        String first = names.stream().limit(NAMED).map(Printable::line).collect(Collectors.joining(", "));
        return names.size() > NAMED
                ? first + " and " + (names.size() - NAMED) + " more"
                : names.isEmpty() ? "none" : first;
    }

    private void requireSameKind(String name, Tensor expected) {
        String found = Tensors.describe(tensor(name));
        Arguments.require(
                found.equals(Tensors.describe(expected)),
                "state of another model: tensor=" + name + ", found=" + found + ", expected="
                        + Tensors.describe(expected)
                        + "; choose the model that the state is of, or convert the tensor");
    }

    private Tensor tensor(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalStateException("no such tensor: name=" + name);
        }
        return tensor;
    }

    /** Returns the tensors by name, in their order; owned by this object. */
    public Map<String, Tensor> tensors() {
        return Collections.unmodifiableMap(tensors);
    }

    /** Frees the tensors; safe to call twice. */
    @Override
    public void close() {
        tensors.values().forEach(Tensor::close);
        tensors.clear();
    }
}
