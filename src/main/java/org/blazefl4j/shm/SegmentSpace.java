package org.blazefl4j.shm;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.blazefl4j.binding.Native;

/**
 * Reserves memory for segments and reports how much is left. All bytes of a segment are reserved when it is created,
 * and refused if they are not free: a process that maps more memory than there is gets killed when it writes.
 */
public final class SegmentSpace {

    private static final System.Logger LOGGER = System.getLogger(SegmentSpace.class.getName());

    /** System property of workers: set if the parent has logged the warning about the folder. */
    public static final String WARNED = "blazefl4j.sharedMemoryWarned";

    private static final SegmentSpace HOST = new SegmentSpace(
            Path.of("/dev/shm"), Path.of("/proc"), Path.of("/sys/fs/cgroup"), Boolean.getBoolean(WARNED));

    private final Path folder;
    private final Path proc;
    private final Path controlGroups;
    private final AtomicBoolean warned;

    /** Uses the given folders; visible for tests. */
    SegmentSpace(Path folder, Path proc, Path controlGroups, boolean warned) {
        this.folder = folder;
        this.proc = proc;
        this.controlGroups = controlGroups;
        this.warned = new AtomicBoolean(warned);
    }

    /** Returns the space of this machine: {@code /dev/shm}, and memory as kernel and control groups report it. */
    public static SegmentSpace host() {
        return HOST;
    }

    public Path folder() {
        return folder;
    }

    /** Returns the free bytes in {@link #folder()}, or 0 if it does not exist. */
    public long folderFree() {
        try {
            return Files.getFileStore(folder).getUsableSpace();
        } catch (IOException none) {
            return 0;
        }
    }

    /**
     * Returns the free bytes of memory: the least of what the kernel calls available and what each control group leaves
     * ({@code memory.max - memory.current}, plus file pages that can be dropped).
     */
    public long memoryFree() {
        long available = ControlGroup.field(proc.resolve("meminfo"), "MemAvailable:");
        long free = available < 0 ? Long.MAX_VALUE : available * 1024;
        for (ControlGroup level : ControlGroup.ofThisProcess(ControlGroup.MEMORY, proc, controlGroups)) {
            free = Math.min(free, level.free());
        }
        return free;
    }

    /** Returns the memory limit of the control groups in bytes, or {@link Long#MAX_VALUE} if they set none. */
    public long memoryLimit() {
        return ControlGroup.ofThisProcess(ControlGroup.MEMORY, proc, controlGroups).stream()
                .mapToLong(ControlGroup::limit)
                .min()
                .orElse(Long.MAX_VALUE);
    }

    /** Returns how many processes of the control groups were killed for lack of memory, as far as known. */
    public long outOfMemoryKills() {
        return ControlGroup.outOfMemoryKills(proc, controlGroups);
    }

    /** Returns whether the warning was logged that segments do not use {@link #folder()}. */
    public boolean hasWarned() {
        return warned.get();
    }

    /**
     * Reserves memory in an unnamed file: in {@link #folder()} or, if it does not fit there, as anonymous memory.
     *
     * @return the descriptor, which the caller owns
     * @throws IllegalStateException if there is too little memory
     */
    int reserve(long bytes) {
        long shared = folderFree();
        requireFree(bytes, shared);
        boolean mayFit = bytes <= shared || shared == 0; // 0 also if unknown; creating the file then gives the reason
        int fd = mayFit ? Native.shmCreate(folder.toString(), bytes) : -Errno.ENOSPC;
        if (fd >= 0) {
            return fd;
        }
        int anonymous = reserveAnonymous(bytes);
        warnOnce(bytes, shared, -fd);
        return anonymous;
    }

    /**
     * Reserves anonymous memory, which {@link #folder()} does not limit.
     *
     * @return the descriptor, which the caller owns
     * @throws IllegalStateException if there is too little memory
     */
    int reserveUnshared(long bytes) {
        requireFree(bytes, folderFree());
        return reserveAnonymous(bytes);
    }

    private void requireFree(long bytes, long shared) {
        long memory = memoryFree();
        if (bytes > memory) {
            throw new IllegalStateException("no memory for a segment: bytes=" + bytes + ", limit=" + memory
                    + " bytes free in memory, " + shared + " in " + folder
                    + "; raise the container's memory limit, close packages or use fewer workers");
        }
    }

    private void warnOnce(long bytes, long shared, int error) {
        if (!warned.compareAndSet(false, true)) {
            return;
        }
        if (error == Errno.ENOSPC) {
            LOGGER.log(
                    Level.WARNING,
                    "segments do not fit in {0}: bytes={1}, limit={2} bytes free; using anonymous memory,"
                            + " enlarge {0} to avoid it (containers: --shm-size=2g)",
                    folder,
                    Long.toString(bytes),
                    Long.toString(shared));
        } else {
            LOGGER.log(
                    Level.WARNING,
                    "segments cannot lie in {0}: errno={1} ({2}), expected=a writable memory file system;"
                            + " using anonymous memory, mount one there to avoid it",
                    folder,
                    error,
                    Native.errorText(error));
        }
    }

    private int reserveAnonymous(long bytes) {
        int fd = Native.memfdCreate(bytes);
        if (fd < 0) {
            long free = memoryFree();
            throw Errno.failed(
                    "reserve a segment",
                    fd,
                    "bytes=" + bytes + (free == Long.MAX_VALUE ? "" : ", free=" + free),
                    "close packages or use fewer workers");
        }
        return fd;
    }
}
