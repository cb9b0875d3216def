package org.blazefl4j.binding;

import java.nio.file.Path;
import org.blazefl4j.torch.LibTorch;

/** Loads the native libraries in a separate process. */
final class LoadingProgram {

    private LoadingProgram() {}

    /**
     * Loads them.
     *
     * @param args {@code own} to load only BlazeFL4J's library and print its file
     */
    public static void main(String[] args) {
        if (args.length > 0) {
            if (Native.pid() != ProcessHandle.current().pid()) {
                throw new AssertionError("another library");
            }
            System.out.println(NativeLoader.own().map(Path::toString).orElse("none"));
        } else {
            LibTorch.load();
            System.out.println("loaded");
        }
    }
}
