package org.blazefl4j.torch;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** Small helpers on tensors. */
public final class Tensors {

    private static final long CHUNK = 1L << 30;

    private Tensors() {}

    /**
     * The SHA-256 of a tensor's elements in logical order, as raw bytes of the machine; dtype and shape are left out.
     *
     * @param tensor any dtype, shape, strides and device
     * @return 64 hexadecimal digits
     */
    public static String sha256(Tensor tensor) {
        MessageDigest digest = newSha256();
        try (PointerScope scope = new PointerScope()) {
            Tensor dense = tensor.detach().cpu().contiguous();
            BytePointer bytes = new BytePointer(dense.data_ptr());
            long size = dense.nbytes();
            for (long at = 0; at < size; at += CHUNK) {
                bytes.position(at).limit(Math.min(size, at + CHUNK));
                digest.update(bytes.asBuffer());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
