package org.blazefl4j.binding;

import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.jar.JarEntry;

/**
 * A library in a jar, and the file that JavaCPP accepts as its unpacked copy.
 *
 * @param size the size in bytes
 * @param time the modification time that JavaCPP expects
 */
record UnpackedLibrary(JarURLConnection source, File file, long size, long time) {

    static UnpackedLibrary of(JarURLConnection source, File root, String name) throws IOException {
        JarEntry entry = source.getJarEntry();
        File folder = root;
        if (!hasNoFolders()) {
            String jar = new File(source.getJarFile().getName()).getName();
            folder = new File(new File(root, jar), new File(entry.getName()).getParent());
        }
        return new UnpackedLibrary(source, new File(folder, name), entry.getSize(), entry.getTime());
    }

    private static boolean hasNoFolders() {
        return System.getProperty("org.bytedeco.javacpp.cachedir.nosubdir", "false")
                .toLowerCase(Locale.ROOT)
                .matches("true|t|");
    }

    /** Whether JavaCPP would accept the file. */
    boolean isComplete() throws IOException {
        return file.length() == size
                && file.lastModified() == time
                && file.getParentFile().equals(file.getCanonicalFile().getParentFile());
    }

    /**
     * Writes the file atomically.
     *
     * @param alone whether no other process does the same now; the remains of a killed one are then overwritten
     */
    void write(boolean alone) throws IOException {
        Files.createDirectories(file.getParentFile().toPath());
        String owner = alone ? "" : "." + ProcessHandle.current().pid();
        File part = new File(file + owner + ".part");
        try {
            copyTo(part);
            Files.move(part.toPath(), file.toPath(), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            Files.deleteIfExists(part.toPath());
            throw e;
        }
    }

    private void copyTo(File part) throws IOException {
        try (InputStream in = source.getInputStream();
                OutputStream out = new FileOutputStream(part)) { // an interrupt would close a channel
            long written = in.transferTo(out);
            if (written != size) {
                throw new IOException(
                        "jar is damaged: entry=" + source.getURL() + ", size=" + written + ", expected=" + size);
            }
        }
        if (!part.setLastModified(time)) {
            throw new IOException("cannot set the modification time: file=" + part);
        }
    }
}
