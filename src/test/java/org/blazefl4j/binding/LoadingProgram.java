package org.blazefl4j.binding;

import java.nio.file.Path;
import org.blazefl4j.torch.LibTorch;

/** Loads the native libraries in a process of its own. */
final class LoadingProgram {

    private LoadingProgram() {}

    /**
     * Loads them.
     *
     * @param args {@code own} for the library's own alone, whose file it prints
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
