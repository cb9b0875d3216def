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

/** A library in a jar, and the file that JavaCPP takes for its unpacked copy. */
final class UnpackedLibrary {

    private final JarURLConnection source;
    private final File file;
    private final long size;
    private final long time;

    UnpackedLibrary(JarURLConnection source, File root, String name) throws IOException {
        JarEntry entry = source.getJarEntry();
        this.source = source;
        this.size = entry.getSize();
        this.time = entry.getTime();
        File folder = root;
        if (!hasNoFolders()) {
            String jar = new File(source.getJarFile().getName()).getName();
            folder = new File(new File(root, jar), new File(entry.getName()).getParent());
        }
        this.file = new File(folder, name);
    }

    private static boolean hasNoFolders() {
        return System.getProperty("org.bytedeco.javacpp.cachedir.nosubdir", "false")
                .toLowerCase(Locale.ROOT)
                .matches("true|t|");
    }

    /** Of one file; several libraries are asked for twice. */
    @Override
    public boolean equals(Object other) {
        return other instanceof UnpackedLibrary library && file.equals(library.file);
    }

    @Override
    public int hashCode() {
        return file.hashCode();
    }

    /** In bytes. */
    long size() {
        return size;
    }

    /** As JavaCPP sees it. */
    boolean isWhole() throws IOException {
        return file.length() == size
                && file.lastModified() == time
                && file.getParentFile().equals(file.getCanonicalFile().getParentFile());
    }

    /**
     * Writes the file, which appears when it is whole.
     *
     * @param alone whether no other process does the same now; what one left that was killed is then written over
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
                OutputStream out = new FileOutputStream(part)) { // not a channel, which an interrupt would close
            long written = in.transferTo(out);
            if (written != size) {
                throw new IOException(
                        "jar is damaged: entry=" + source.getURL() + ", size=" + written + ", expected=" + size);
            }
        }
        if (!part.setLastModified(time)) {
            throw new IOException("time of the file cannot be set: file=" + part);
        }
    }
}
