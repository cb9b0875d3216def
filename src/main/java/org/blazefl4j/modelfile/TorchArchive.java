package org.blazefl4j.modelfile;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.blazefl4j.codec.ByteTensors;
import org.blazefl4j.modelfile.PickleValue.Storage;
import org.blazefl4j.modelfile.PickleValue.StoredTensor;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.Printable;
import org.bytedeco.pytorch.Tensor;

/**
 * The zip archives of {@code torch.save}: in one folder {@code data.pkl}, a pickle of the dict, {@code data/0},
 * {@code data/1}, ..., the tensors' storages, {@code byteorder} and {@code version}. Nothing is compressed, and
 * storages lie at multiples of 64 bytes, so that PyTorch can map them.
 */
final class TorchArchive {

    private static final String PICKLE = "/data.pkl";
    private static final long LONGEST_PICKLE = 1L << 26;
    private static final int ALIGNMENT = 64;
    private static final int LOCAL_HEADER = 30;
    private static final int EXTRA_HEADER = 4;
    private static final short PADDING = 0x4246;

    private TorchArchive() {}

    /** Writes contiguous tensors on the CPU as a {@code state_dict}. The same tensors make the same bytes. */
    static void write(Map<String, Tensor> tensors, WritableByteChannel out) throws IOException {
        // not closed: the channel is the caller's
        Archive archive = new Archive(new BufferedOutputStream(Channels.newOutputStream(out), 1 << 16));
        archive.write("archive/data.pkl", PickleWriter.write(tensors));
        archive.write("archive/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
        int storage = 0;
        for (Tensor tensor : tensors.values()) {
            try (Tensor bytes = TensorBytes.of(tensor)) {
                archive.write("archive/data/" + storage++, bytes);
            }
        }
        archive.write("archive/version", "3\n".getBytes(StandardCharsets.US_ASCII));
        archive.finish();
    }

    /** Entries that are stored, aligned and without a time. */
    private static final class Archive {

        private final ZipOutputStream zip;
        private long position;

        Archive(OutputStream out) {
            this.zip = new ZipOutputStream(out);
            zip.setMethod(ZipOutputStream.STORED);
        }

        void write(String name, byte[] content) throws IOException {
            CRC32 crc = new CRC32();
            crc.update(content);
            begin(name, content.length, crc.getValue());
            zip.write(content);
            zip.closeEntry();
        }

        void write(String name, Tensor bytes) throws IOException {
            begin(name, bytes.numel(), TensorBytes.crc32(bytes));
            ByteTensors.write(bytes, Channels.newChannel(zip));
            zip.closeEntry();
        }

        private void begin(String name, long size, long crc) throws IOException {
            ZipEntry entry = new ZipEntry(name);
            entry.setSize(size);
            entry.setCrc(crc);
            entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0));
            long least = position + LOCAL_HEADER + name.length() + EXTRA_HEADER;
            int padding = (int) Math.floorMod(-least, (long) ALIGNMENT);
            entry.setExtra(ByteBuffer.allocate(EXTRA_HEADER + padding)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putShort(PADDING)
                    .putShort((short) padding)
                    .array());
            zip.putNextEntry(entry);
            position = least + padding + size;
        }

        void finish() throws IOException {
            zip.finish();
            zip.flush();
        }
    }

    /** Reads the tensors of a {@code state_dict}, in its order. */
    static void read(SourceFile file, StateDict into) throws IOException {
        try (ZipFile zip = new ZipFile(file.path().toFile())) {
            new Reader(file, zip).read(into);
        } catch (ZipException e) {
            throw file.damaged("found=" + Printable.line(Causes.describe(e)) + ", expected=a zip archive");
        }
    }

    private static final class Reader {

        private final SourceFile file;
        private final ZipFile zip;
        private final String folder;
        private final Map<String, Tensor> storages = new HashMap<>();

        Reader(SourceFile file, ZipFile zip) {
            this.file = file;
            this.zip = zip;
            this.folder = zip.stream()
                    .map(ZipEntry::getName)
                    .filter(name -> name.indexOf('/') == name.length() - PICKLE.length() && name.endsWith(PICKLE))
                    .findFirst()
                    .map(name -> name.substring(0, name.length() - PICKLE.length()))
                    .orElseThrow(() -> file.refused(
                            "found=a zip archive without a pickle, expected=a file of torch.save",
                            "save model.state_dict() by torch.save"));
        }

        void read(StateDict into) throws IOException {
            if (zip.getEntry(folder + "/constants.pkl") != null) {
                throw file.refused(
                        "found=a TorchScript module, expected=the state_dict of one",
                        "save module.state_dict() by torch.save");
            }
            requireLittleEndian();
            try {
                for (Map.Entry<String, StoredTensor> entry : tensors().entrySet()) {
                    into.add(entry.getKey(), read(entry.getKey(), entry.getValue()));
                }
            } finally {
                storages.values().forEach(Tensor::close);
            }
        }

        private void requireLittleEndian() throws IOException {
            ZipEntry entry = zip.getEntry(folder + "/byteorder");
            if (entry != null) {
                String order = new String(bytes(entry, ALIGNMENT), StandardCharsets.US_ASCII);
                if (!order.equals("little")) {
                    throw file.refused(
                            "byteorder=" + Printable.line(order) + ", expected=little",
                            "write it on a machine with little-endian numbers");
                }
            }
        }

        private Map<String, StoredTensor> tensors() throws IOException {
            Object content;
            try {
                content = PickleReader.read(bytes(required(folder + PICKLE), LONGEST_PICKLE));
            } catch (PickleException e) {
                throw file.refused(
                        "entry=" + Printable.line(folder + PICKLE) + ", " + e.getMessage(),
                        "save model.state_dict() by torch.save");
            }
            if (!(content instanceof Map<?, ?> dict)) {
                throw notStateDict("found=a " + content.getClass().getSimpleName());
            }
            Map<String, StoredTensor> tensors = new LinkedHashMap<>();
            dict.forEach((name, value) -> {
                if (!(value instanceof StoredTensor tensor)) {
                    throw notStateDict("name=" + Printable.line(name) + ", found="
                            + (value instanceof Map<?, ?> ? "a dict" : "no tensor"));
                }
                tensors.put((String) name, tensor);
            });
            return tensors;
        }

        private IllegalArgumentException notStateDict(String found) {
            return file.refused(
                    found + ", expected=a dict of tensors by name", "save model.state_dict() alone by torch.save");
        }

        private Tensor read(String name, StoredTensor tensor) throws IOException {
            Storage storage = tensor.storage();
            Tensor bytes = storages.get(storage.key());
            if (bytes == null) {
                bytes = bytes(name, storage);
                storages.put(storage.key(), bytes);
            }
            long size = storage.numel() * storage.type().bytes();
            if (bytes.numel() != size) {
                throw file.damaged(SourceFile.tensor(name) + ", storage=" + Printable.line(storage.key()) + ", bytes="
                        + bytes.numel() + ", expected=" + size);
            }
            return TensorBytes.strided(bytes, storage.type(), tensor.offset(), tensor.shape(), tensor.strides());
        }

        private Tensor bytes(String name, Storage storage) throws IOException {
            ZipEntry entry = required(folder + "/data/" + storage.key());
            long limit = file.path().toFile().length();
            if (entry.getSize() < 0 || entry.getSize() > limit) {
                throw file.damaged(
                        SourceFile.tensor(name) + ", bytes=" + entry.getSize() + ", limit=" + limit + ", the file's");
            }
            try (InputStream in = zip.getInputStream(entry);
                    ReadableByteChannel channel = Channels.newChannel(in)) {
                Tensor bytes = ByteTensors.read(entry.getSize(), channel);
                if (TensorBytes.crc32(bytes) != entry.getCrc()) {
                    bytes.close();
                    throw file.damaged(SourceFile.tensor(name) + ", entry=" + Printable.line(entry.getName())
                            + ", found=another checksum than the archive's");
                }
                return bytes;
            }
        }

        private ZipEntry required(String name) {
            ZipEntry entry = zip.getEntry(name);
            if (entry == null) {
                throw file.damaged("entry=" + Printable.line(name) + ", found=none in the archive");
            }
            return entry;
        }

        private byte[] bytes(ZipEntry entry, long limit) throws IOException {
            if (entry.getSize() < 0 || entry.getSize() > limit) {
                throw file.damaged(
                        "entry=" + Printable.line(entry.getName()) + ", bytes=" + entry.getSize() + ", limit=" + limit);
            }
            try (InputStream in = zip.getInputStream(entry)) {
                return in.readNBytes((int) entry.getSize());
            }
        }
    }
}
