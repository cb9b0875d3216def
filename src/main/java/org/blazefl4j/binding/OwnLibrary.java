package org.blazefl4j.binding;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URL;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.UUID;
import java.util.zip.CRC32;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/**
 * BlazeFL4J's native library. The name of the unpacked file is derived from its content: the jars of two builds have
 * the same name, and neither may replace the other's file, which a process or its workers may use.
 */
final class OwnLibrary {

    static final String NAME = "jniblazefl4j";

    /** Files of old builds are deleted after this time. */
    private static final Duration LONGEST_UNUSED = Duration.ofDays(30);

    private static final String IN_ANOTHER_LOADER = "already loaded in another classloader";

    private OwnLibrary() {}

    /** Loads the library and returns its file, or null if the system found it by name. */
    static @Nullable Path load() throws IOException {
        URL url = OwnLibrary.class.getResource(Loader.getPlatform() + "/lib" + NAME + ".so");
        if (url == null) {
            System.loadLibrary(NAME);
            return null;
        }
        Path file = url.getProtocol().equals("file") ? Path.of(URI.create(url.toString())) : unpacked(url, 0);
        for (int copy = 1; !tryLoad(file); copy++) {
            file = unpacked(url, copy);
        }
        return file;
    }

    /** Returns false if another class loader has loaded the file; a JVM allows only one. */
    private static boolean tryLoad(Path file) {
        try {
            load(file);
            return true;
        } catch (UnsatisfiedLinkError e) {
            if (String.valueOf(e.getCause()).contains(IN_ANOTHER_LOADER)) {
                return false;
            }
            throw e;
        }
    }

    static void load(Path file) {
        try {
            System.load(file.toString());
        } catch (UnsatisfiedLinkError e) {
            throw LoadFailure.of(e, file.resolveSibling(""));
        }
    }

    private static Path unpacked(URL url, int copy) throws IOException {
        try (InputStream in = url.openStream()) {
            return unpacked(in.readAllBytes(), copy, CacheRoot.get().resolve("blazefl4j"));
        }
    }

    /** Returns the file with this content in a folder, creating it atomically if it is missing. */
    static Path unpacked(byte[] content, int copy, Path folder) throws IOException {
        CRC32 sum = new CRC32();
        sum.update(content);
        String name = String.format(Locale.ROOT, "lib%s-%08x-%x-%d.so", NAME, sum.getValue(), content.length, copy);
        Path file = folder.resolve(name);
        if (Files.isRegularFile(file) && Files.size(file) == content.length) {
            markAsUsed(file);
            return file;
        }
        Files.createDirectories(folder);
        sweep(folder);
        Path part = folder.resolve(UUID.randomUUID() + ".part");
        try {
            try (FileOutputStream out = new FileOutputStream(part.toFile())) { // an interrupt would close a channel
                out.write(content);
            }
            return Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            Files.deleteIfExists(part);
            throw e;
        }
    }

    private static void markAsUsed(Path file) {
        try {
            Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
        } catch (IOException e) {
            // another user's file, or a read-only file system
        }
    }

    /** Deletes old files. Processes that have loaded one keep it mapped; their workers unpack it again. */
    private static void sweep(Path folder) throws IOException {
        Instant oldest = Instant.now().minus(LONGEST_UNUSED);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                deleteIfOlder(file, oldest);
            }
        }
    }

    private static void deleteIfOlder(Path file, Instant oldest) {
        try {
            if (Files.getLastModifiedTime(file).toInstant().isBefore(oldest)) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // renamed by another process just now, or another user's file
        }
    }
}
