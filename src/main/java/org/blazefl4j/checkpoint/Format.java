package org.blazefl4j.checkpoint;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The numbers of the file format that {@link Checkpoints} describes. */
final class Format {

    static final byte[] MAGIC = "BFL4JCKP".getBytes(StandardCharsets.US_ASCII);

    static final int VERSION = 1;

    /** What comes next in the file. */
    static final int END = 0;

    static final int PART = 1;
    static final int ENTRY = 2;

    /** Bytes of the SHA-256 that every file of any version ends with. */
    static final int DIGEST = 32;

    /** How much is read or written at a time. */
    static final int CHUNK = 1 << 20;

    private Format() {}

    static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
