package org.blazefl4j.binding;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.global.torch;

/**
 * Loads native libraries, of which those that lie in jars are unpacked first, by {@link LibraryCache}. Each way of the
 * library into native code leads through here. A program that uses LibTorch before has it unpacked by JavaCPP.
 */
public final class NativeLoader {

    /** The classes whose libraries make up LibTorch, in the order in which JavaCPP loads them. */
    public static final List<Class<?>> LIBTORCH =
            List.of(Loader.class, openblas_nolapack.class, openblas.class, torch.class);

    /** The name of the library's own. */
    public static final String OWN = OwnLibrary.NAME;

    private static final String LAST_OF_LIBTORCH = "jnitorch";

    private static boolean unpacked;
    private static Path own;
    private static boolean ownIsLoaded;

    private NativeLoader() {}

    /**
     * Loads LibTorch.
     *
     * @throws UnsatisfiedLinkError if that cannot be done, with the reason and the remedy
     */
    public static void loadLibTorch() {
        unpackLibTorch();
        try {
            Loader.load(torch.class);
        } catch (UnsatisfiedLinkError e) {
            throw LoadFailure.of(e, cacheFolder());
        }
    }

    /**
     * Unpacks LibTorch, without any class of JavaCPP's that cannot be set up afterwards.
     *
     * @throws UnsatisfiedLinkError if that cannot be done, with the reason and the remedy
     */
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
     * The folder that libraries of this process are unpacked to.
     *
     * @throws UnsatisfiedLinkError if none will do
     */
    public static Path cacheFolder() {
        try {
            return CacheRoot.take();
        } catch (IOException e) {
            throw LoadFailure.of(e);
        }
    }

    /** Loads the library's own native library. */
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

    /** The file of the library's own native library; empty if the system found it by its name, or it is not loaded. */
    public static synchronized Optional<Path> own() {
        return Optional.ofNullable(own);
    }

    /**
     * Worker: loads the library's own native library from where its parent has loaded it.
     *
     * @param file what {@link #own()} is there
     */
    public static synchronized void loadOwn(Path file) {
        OwnLibrary.load(file);
        own = file;
        ownIsLoaded = true;
    }

    /** Worker: has LibTorch loaded from where JavaCPP was told that it is. */
    public static synchronized void skipUnpacking() {
        unpacked = true;
    }
}
