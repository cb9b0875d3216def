package org.blazefl4j.modelfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are damaged, forged, or of something else are refused, and the refusal says what was found. */
final class ModelFileDamageTest {

    private static final String AFTER = "; write it again, or copy it anew";
    private static final String PLAIN = "; save model.state_dict() by torch.save";

    @TempDir
    private Path folder;

    private Path write(byte[] content) throws IOException {
        return Files.write(folder.resolve("file"), content);
    }

    private void assertRefused(Path file, String kind, String found) {
        assertThatThrownBy(() -> StateDict.read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("model file " + kind + ": file=" + file + ", " + found);
    }

    /** A file with a header and so many bytes after it. */
    private static byte[] safetensors(String header, int bytes) {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + text.length + bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(text.length)
                .put(text)
                .array();
    }

    private static String floats(String shape, String offsets) {
        return "{'dtype':'F32','shape':" + shape + ",'data_offsets':" + offsets + "}";
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[2]|[0,8]|7|tensor=a, end=8, limit=7, the bytes after the header",
                "[2]|[0,8]|9|bytes=9, expected=8, where the last tensor ends",
                "[2]|[1,9]|9|tensor=a, begin=1, expected=0, where the tensor before it ends",
                "[3]|[0,8]|8|tensor=a, data_offsets=[0, 8], expected=two that are 12 apart, as of shape [3] of F32",
                "[2]|[8,0]|8|tensor=a, data_offsets=[8, 0], expected=two that are 8 apart, as of shape [2] of F32",
                "[2]|[0,8,8]|8|tensor=a, data_offsets=[0, 8, 8], expected=two that are 8 apart, as of shape [2] of F32",
                "[-2]|[0,8]|8|tensor=a, shape=[-2], expected=a list of integers of 0 or more",
                "[2.0]|[0,8]|8|tensor=a, shape=[2.0], expected=a list of integers of 0 or more",
                "2|[0,8]|8|tensor=a, shape=2, expected=a list of integers of 0 or more",
                "[2]|[0,18446744073709551615]|8|tensor=a, data_offsets=[0, 18446744073709551615], expected=a list of"
                        + " integers of 0 or more",
                "[4294967296,4294967296]|[0,0]|0|tensor=a, data_offsets=[0, 0], expected=two that are further apart than"
                        + " can be, as of shape [4294967296, 4294967296] of F32",
            })
    void shouldRefuseSafetensorsWhoseOffsetsDoNotFit(String shape, String offsets, int bytes, String found)
            throws IOException {
        String header = "{'a':" + floats(shape, offsets) + "}";
        Path file = write(safetensors(header.replace('\'', '"'), bytes));

        assertRefused(file, "is damaged", found + AFTER);
    }

    @Test
    void shouldRefuseSafetensorsWithHolesAndOverlaps() throws IOException {
        String header = "{'a':" + floats("[2]", "[0,8]") + ",'b':" + floats("[1]", "[4,8]") + "}";
        assertRefused(
                write(safetensors(header.replace('\'', '"'), 8)),
                "is damaged",
                "tensor=b, begin=4, expected=8, where the tensor before it ends" + AFTER);
        String hole = "{'a':" + floats("[2]", "[0,8]") + ",'b':" + floats("[1]", "[12,16]") + "}";
        assertRefused(
                write(safetensors(hole.replace('\'', '"'), 16)),
                "is damaged",
                "tensor=b, begin=12, expected=8, where the tensor before it ends" + AFTER);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[]|position=8, found=",
                "{'a':1}|tensor=a, found=1, expected=an object with dtype, shape and data_offsets",
                "{'a':{'dtype':'F32','shape':[]}}|tensor=a, data_offsets=null, expected=a list",
                "{'a|position=8, found=",
                "{'a':1,'a':2}|position=8, found=Duplicate",
            })
    void shouldRefuseSafetensorsWithAnotherHeader(String header, String found) throws IOException {
        Path file = write(safetensors(header.replace('\'', '"'), 0));

        assertThatThrownBy(() -> StateDict.read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("model file is damaged: file=" + file + ", " + found);
    }

    @Test
    void shouldRefuseTypesThatNoModelHas() throws IOException {
        String header = "{'a':{'dtype':'F8_E4M3','shape':[1],'data_offsets':[0,1]}}";
        assertRefused(
                write(safetensors(header.replace('\'', '"'), 1)),
                "cannot be used",
                "tensor=a, dtype=F8_E4M3, expected=one of [F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL]; convert"
                        + " the tensor in PyTorch");
    }

    @Test
    void shouldRefuseWhatIsNoModelFile() throws IOException {
        assertRefused(write(new byte[0]), "is damaged", "position=0, bytes=0, limit=8 or more" + AFTER);
        assertRefused(
                write("import torch\n".getBytes(StandardCharsets.US_ASCII)),
                "is damaged",
                "position=0, header_bytes=8367816142499114345, limit=5, expected=safetensors or a file of torch.save"
                        + AFTER);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nested.pt|name=model, found=a dict, expected=a dict of tensors by name; save model.state_dict() alone by"
                        + " torch.save",
                "call.pt|entry=call/data.pkl, position=194, function=posix.getcwd, expected=dicts of tensors alone, such"
                        + " as model.state_dict()" + PLAIN,
                "whole.pt|entry=whole/data.pkl, position=44, opcode=129, expected=those of dicts of tensors" + PLAIN,
                "torchscript.pt|found=a TorchScript module, expected=the state_dict of one; save module.state_dict() by"
                        + " torch.save",
                "legacy.pt|found=a pickle, expected=a zip archive or safetensors; save it by torch.save of PyTorch 1.6 or"
                        + " newer, without the legacy format",
            })
    void shouldRefuseFilesOfTorchThatHoldSomethingElse(String name, String found) {
        assertRefused(ModelFixtures.file(name), "cannot be used", found);
    }

    /** An archive with a pickle and, unless it is null, one storage. */
    private static byte[] archive(String pickle, byte[] storage) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry("x/data.pkl"));
            zip.write(pickle.getBytes(StandardCharsets.ISO_8859_1));
            if (storage != null) {
                zip.putNextEntry(new ZipEntry("x/data/0"));
                zip.write(storage);
            }
        }
        return out.toByteArray();
    }

    /** A dict with one tensor of a storage of so many floats; texts and numbers are of one byte. */
    private static String pickle(int numel, int offset, int size, int stride) {
        String rebuild = "ctorch._utils\n_rebuild_tensor_v2\n";
        String storage =
                "((\u008c\u0007storagectorch\nFloatStorage\n\u008c\u00010\u008c\u0003cpuK" + (char) numel + "tQ";
        String layout = "K" + (char) offset + "K" + (char) size + "\u0085K" + (char) stride + "\u0085";
        return "\u0080\u0002}\u008c\u0001a" + rebuild + storage + layout + "\u0089}tRs.";
    }

    @Test
    void shouldReadATensorThatCoversPartOfItsStorage() throws IOException {
        try (StateDict state = StateDict.read(write(archive(pickle(4, 1, 2, 2), new byte[16])));
                Tensor read = state.tensors().get("a").clone()) {
            assertThat(read.shape()).containsExactly(2);
        }
    }

    @ParameterizedTest
    @CsvSource({"4, 0, 5, 1", "4, 4, 1, 1", "4, 1, 2, 3", "0, 0, 1, 1"})
    void shouldRefuseTensorsThatReachBeyondTheirStorage(int numel, int offset, int size, int stride)
            throws IOException {
        Path file = write(archive(pickle(numel, offset, size, stride), new byte[numel * 4]));

        assertThatThrownBy(() -> StateDict.read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("model file cannot be used: file=" + file + ", entry=x/data.pkl, position=")
                .hasMessageContaining("offset=" + offset + ", shape=[" + size + "], strides=[" + stride
                        + "], limit=the " + numel + " elements of storage 0" + PLAIN);
    }

    @ParameterizedTest
    @CsvSource({"4, 0, 5, 0", "1, 0, 255, 0"})
    void shouldRefuseTensorsThatRepeatElements(int numel, int offset, int size, int stride) throws IOException {
        Path file = write(archive(pickle(numel, offset, size, stride), new byte[numel * 4]));

        assertThatThrownBy(() -> StateDict.read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("model file cannot be used: file=" + file + ", entry=x/data.pkl, position=")
                .hasMessageContaining("shape=[" + size + "], strides=[0], limit=the " + numel
                        + " elements of storage 0, each once: make expanded tensors contiguous()" + PLAIN);
    }

    @Test
    void shouldRefuseMoreElementsThanCanBeCounted() {
        PickleValue.Storage storage =
                new PickleValue.Storage(ElementType.stored("FloatStorage").orElseThrow(), "0", 4);
        long[] shape = {1L << 32, 1L << 32};

        assertThatThrownBy(() -> new PickleValue.StoredTensor(storage, 0, shape, new long[2]))
                .isInstanceOf(PickleException.class)
                .hasMessageContaining("shape=[4294967296, 4294967296], strides=[0, 0], limit=the 4 elements");
        assertThat(new PickleValue.StoredTensor(storage, 0, new long[] {1L << 32, 1L << 32, 0}, new long[3]).shape())
                .hasSize(3);
    }

    @Test
    void shouldRefuseArchivesWhoseStoragesDoNotFit() throws IOException {
        assertRefused(
                write(archive(pickle(4, 0, 4, 1), new byte[12])),
                "is damaged",
                "tensor=a, storage=0, bytes=12, expected=16" + AFTER);
        assertRefused(
                write(archive(pickle(4, 0, 4, 1), null)),
                "is damaged",
                "entry=x/data/0, found=none in the archive" + AFTER);
        assertRefused(
                write(archive("\u0080\u0002}", null)),
                "cannot be used",
                "entry=x/data.pkl, position=3, found=the end, expected=more of the pickle" + PLAIN);
        assertRefused(
                write(archive("(lp0\n.", null)),
                "cannot be used",
                "entry=x/data.pkl, position=1, opcode=108, expected=those of dicts of tensors" + PLAIN);
    }

    @Test
    void shouldFindChangedStorages() throws IOException {
        byte[] content = ModelFixtures.bytes("state.pt");
        int at = indexOf(content, "state/data/0") + 80;
        content[at] ^= 1;
        Path file = write(content);

        assertThatThrownBy(() -> StateDict.read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "model file is damaged: file=" + file + ", tensor=0.weight, entry=state/data/0, found=another"
                                + " checksum than the archive's" + AFTER);
    }

    private static int indexOf(byte[] content, String text) {
        return new String(content, StandardCharsets.ISO_8859_1).indexOf(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"state.pt", "state-protocol-4.pt", "state.safetensors", "views.safetensors"})
    void shouldReadOrRefuseWhateverIsChanged(String name) throws IOException {
        byte[] content = ModelFixtures.bytes(name);
        int header = name.endsWith(".pt") ? content.length : 8 + 640;
        for (int at = 0; at < Math.min(header, content.length); at++) {
            byte[] changed = content.clone();
            changed[at] ^= (byte) (1 << at % 8);
            readOrRefuse(changed);
            if (at % 7 == 0) {
                readOrRefuse(Arrays.copyOf(content, at));
            }
        }
    }

    private void readOrRefuse(byte[] content) throws IOException {
        Path file = write(content);
        try (StateDict state = StateDict.read(file)) {
            state.tensors()
                    .values()
                    .forEach(tensor -> assertThat(tensor.nbytes()).isLessThanOrEqualTo(content.length));
        } catch (IllegalArgumentException | UncheckedIOException e) {
            assertThat(e).hasMessageContaining("file=" + file);
        }
    }
}
