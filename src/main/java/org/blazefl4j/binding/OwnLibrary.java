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

/**
 * The library's own native library. It is unpacked under a name made of its content: two builds have jars of one name,
 * and neither may take the other's file away from a process that has loaded it, or will load it in its workers.
 */
final class OwnLibrary {

    static final String NAME = "jniblazefl4j";

    /** Each build leaves a file. */
    private static final Duration LONGEST_UNUSED = Duration.ofDays(30);

    private static final String IN_ANOTHER_LOADER = "already loaded in another classloader";

    private OwnLibrary() {}

    /** Loads it. The file that it is in; null if the system found it by its name. */
    static Path load() throws IOException {
        URL url = OwnLibrary.class.getResource(Loader.getPlatform() + "/lib" + NAME + ".so");
        if (url == null) {
            System.loadLibrary(NAME);
            return null;
        }
        Path file = url.getProtocol().equals("file") ? Path.of(URI.create(url.toString())) : unpacked(url, 0);
        for (int copy = 1; !isLoaded(file); copy++) {
            file = unpacked(url, copy);
        }
        return file;
    }

    /** False if another class loader has loaded the file, which a JVM lets only one do. */
    private static boolean isLoaded(Path file) {
        try {
            load(file);
            return true;
        } catch (UnsatisfiedLinkError e) {
            if (String.valueOf(e.getCause().getMessage()).contains(IN_ANOTHER_LOADER)) {
                return false;
            }
            throw e;
        }
    }

    static void load(Path file) {
        try {
            System.load(file.toString());
        } catch (UnsatisfiedLinkError e) {
            throw LoadFailure.of(e, file.getParent());
        }
    }

    private static Path unpacked(URL url, int copy) throws IOException {
        try (InputStream in = url.openStream()) {
            return unpacked(in.readAllBytes(), copy, CacheRoot.take().resolve("blazefl4j"));
        }
    }

    /** The file with this content in a folder, where it appears as a whole. */
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
            // another user's, or on a file system that cannot be written to
        }
    }

    /** A process that has a file loaded keeps it; its workers unpack it again. */
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
            // gone: another process has renamed its new file just now; or another user's
        }
    }
}
