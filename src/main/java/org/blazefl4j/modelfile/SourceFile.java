package org.blazefl4j.modelfile;

import java.nio.file.Path;
import org.blazefl4j.util.Printable;

/** The file that is read, for messages. */
record SourceFile(Path path) {

    /** Returns the exception for content that is not as its format says. */
    IllegalArgumentException damaged(String found) {
        return new IllegalArgumentException(
                "model file is damaged: file=" + path + ", " + found + "; write it again, or copy it anew");
    }

    /** Returns the exception for content that is intact and cannot be used. */
    IllegalArgumentException refused(String found, String remedy) {
        return new IllegalArgumentException("model file cannot be used: file=" + path + ", " + found + "; " + remedy);
    }

    /** Names a tensor whose name comes from the file. */
    static String tensor(Object name) {
        return "tensor=" + Printable.line(name);
    }
}
