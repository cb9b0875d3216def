package org.blazefl4j.binding;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
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

    /** The classes that JavaCPP loads for LibTorch's calls of CUDA. The CPU build does without most of them. */
    private static final List<String> CUDA = List.of(
            "org.bytedeco.cuda.global.cudart",
            "org.bytedeco.cuda.global.cublas",
            "org.bytedeco.cuda.global.cudnn",
            "org.bytedeco.cuda.global.cusparse",
            "org.bytedeco.cuda.global.cusolver",
            "org.bytedeco.cuda.global.cupti",
            "org.bytedeco.pytorch.global.torch_cuda");

    private static final String LAST_OF_CUDA = "jnitorch_cuda";

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
     * Unpacks what the first call of CUDA loads, as {@link #unpackLibTorch}: several workers make it at the same time.
     * Only for a LibTorch with CUDA.
     */
    public static synchronized void unpackCuda() {
        if (hasCuda()) {
            return;
        }
        try {
            new LibraryCache(cacheFolder()).unpack(cudaClasses());
        } catch (IOException e) {
            throw LoadFailure.of(e);
        }
    }

    /** Returns whether this process has made calls of CUDA. */
    private static boolean hasCuda() {
        return Loader.getLoadedLibraries().containsKey(LAST_OF_CUDA);
    }

    /** Returns the classes whose libraries this process has loaded or may have loaded, in JavaCPP's order. */
    public static List<Class<?>> loading() {
        return hasCuda()
                ? Stream.concat(LIBTORCH.stream(), cudaClasses().stream()).toList()
                : LIBTORCH;
    }

    private static List<Class<?>> cudaClasses() {
        List<Class<?>> classes = new ArrayList<>();
        for (String name : CUDA) {
            try {
                classes.add(Class.forName(name, false, torch.class.getClassLoader()));
            } catch (ClassNotFoundException | LinkageError e) {
                return List.of(); // without the presets there are no calls
            }
        }
        return classes;
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
