package org.blazefl4j.cuda;

/** Page-locked memory of the host, which devices copy at full speed, until closed. */
public final class PinnedMemory implements AutoCloseable {

    private final CudaCalls calls;
    /** 0 if it is not locked. */
    private long address;

    private PinnedMemory(CudaCalls calls, long address) {
        this.calls = calls;
        this.address = address;
    }

    /**
     * Locks memory, where there are devices. Where the system allows no more of it, copies are only slower.
     *
     * @param address of memory that is mapped until the close
     */
    public static PinnedMemory of(long address, long bytes) {
        CudaCalls calls = CudaRuntime.current();
        boolean locked = calls.exist() && calls.hostRegister(address, bytes) >= 0;
        return new PinnedMemory(calls, locked ? address : 0);
    }

    /** Unlocks the memory. Idempotent. */
    @Override
    public void close() {
        long locked = address;
        address = 0;
        if (locked != 0) {
            calls.hostUnregister(locked); // an error would only tell that CUDA is gone
        }
    }
}
