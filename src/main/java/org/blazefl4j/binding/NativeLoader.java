package org.blazefl4j.binding;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Loads all native libraries, after {@link LibraryCache} has unpacked those in jars. If a program has used LibTorch
 * before, JavaCPP has unpacked it.
 */
public final class NativeLoader {

    /** The classes that load LibTorch's libraries, in JavaCPP's order. */
    public static final List<Class<?>> LIBTORCH =
            List.of(Loader.class, openblas_nolapack.class, openblas.class, torch.class);

    public static final String OWN = OwnLibrary.NAME;

    private static final String LAST_OF_LIBTORCH = "jnitorch";

    private static boolean unpacked;
    private static @Nullable Path own;
    private static boolean ownIsLoaded;

    private NativeLoader() {}

    /** Loads LibTorch. Throws an {@link UnsatisfiedLinkError} with the reason and the remedy if this fails. */
    public static void loadLibTorch() {
        unpackLibTorch();
        try {
            Loader.load(torch.class);
        } catch (UnsatisfiedLinkError e) {
            throw LoadFailure.of(e, cacheFolder());
        }
    }

    /** Unpacks LibTorch, without initialising JavaCPP classes that are configured by properties. */
    public static synchronized void unpackLibTorch() {
        if (unpacked || Loader.getLoadedLibraries().containsKey(LAST_OF_LIBTORCH)) {
            return;
        }
        try {
            new LibraryCache(cacheFolder()).unpack(LIBTORCH);
            unpacked = true;
        } catch (IOException e) {
            throw LoadFailure.of(e);
        }
    }

    /**
     * Returns the folder for this process's unpacked libraries.
     *
     * @throws UnsatisfiedLinkError if no folder is usable
     */
    public static Path cacheFolder() {
        try {
            return CacheRoot.get();
        } catch (IOException e) {
            throw LoadFailure.of(e);
        }
    }

    static synchronized void loadOwn() {
        if (ownIsLoaded || !Loader.isLoadLibraries()) {
            return;
        }
        try {
            own = OwnLibrary.load();
            ownIsLoaded = true;
        } catch (IOException e) {
            throw LoadFailure.of(e);
        }
    }

    /** The file of BlazeFL4J's native library; empty if the system found it by name, or it is not loaded. */
    public static synchronized Optional<Path> own() {
        return Optional.ofNullable(own);
    }

    /** Loads BlazeFL4J's native library in a worker, from the parent's {@link #own()} file. */
    public static synchronized void loadOwn(Path file) {
        OwnLibrary.load(file);
        own = file;
        ownIsLoaded = true;
    }

    /** Loads LibTorch in a worker from the places that JavaCPP was told. */
    public static synchronized void skipUnpacking() {
        unpacked = true;
    }
}
