package org.blazefl4j.shm;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.blazefl4j.binding.Native;

/**
 * Where segments get their memory, and how much of it is left. A segment's bytes are reserved when it is made, after
 * they were compared with what is free: a process that maps more than there is would be killed while it writes.
 */
public final class SegmentSpace {

    private static final System.Logger LOGGER = System.getLogger(SegmentSpace.class.getName());

    /** A worker's system property: its parent has warned of the folder. */
    public static final String WARNED = "blazefl4j.sharedMemoryWarned";

    private static final SegmentSpace HOST = new SegmentSpace(
            Path.of("/dev/shm"), Path.of("/proc"), Path.of("/sys/fs/cgroup"), Boolean.getBoolean(WARNED));

    private final Path folder;
    private final Path proc;
    private final Path controlGroups;
    private final AtomicBoolean warned;

    /** Tests give other folders than the host's. */
    SegmentSpace(Path folder, Path proc, Path controlGroups, boolean warned) {
        this.folder = folder;
        this.proc = proc;
        this.controlGroups = controlGroups;
        this.warned = new AtomicBoolean(warned);
    }

    /** This machine's: {@code /dev/shm}, and memory as the kernel and the control group give it. */
    public static SegmentSpace host() {
        return HOST;
    }

    /** The memory file system that segments lie in where they fit. */
    public Path folder() {
        return folder;
    }

    /** The bytes that are free in {@link #folder()}; 0 if there is none. */
    public long folderFree() {
        try {
            return Files.getFileStore(folder).getUsableSpace();
        } catch (IOException none) {
            return 0;
        }
    }

    /**
     * The bytes of memory that are free: the least of what the kernel calls available and what each control group
     * leaves, {@code memory.max - memory.current}, file pages that can be dropped not counted as used.
     */
    public long memoryFree() {
        long available = ControlGroup.field(proc.resolve("meminfo"), "MemAvailable:");
        long free = available < 0 ? Long.MAX_VALUE : available * 1024;
        for (ControlGroup level : ControlGroup.ofThisProcess(ControlGroup.Controller.MEMORY, proc, controlGroups)) {
            free = Math.min(free, level.free());
        }
        return free;
    }

    /** The memory that the control groups allow this process, in bytes; {@link Long#MAX_VALUE} if they set no limit. */
    public long memoryLimit() {
        return ControlGroup.ofThisProcess(ControlGroup.Controller.MEMORY, proc, controlGroups).stream()
                .mapToLong(ControlGroup::limit)
                .min()
                .orElse(Long.MAX_VALUE);
    }

    /**
     * How many processes of this one's control groups were ended because memory ran out, as far as the kernel tells.
     */
    public long outOfMemoryKills() {
        return ControlGroup.outOfMemoryKills(proc, controlGroups);
    }

    /** Whether a warning was logged that segments do not lie in {@link #folder()}. */
    public boolean hasWarned() {
        return warned.get();
    }

    /**
     * Reserves memory in a file without a name: in {@link #folder()} or, if it does not fit there, as anonymous memory.
     *
     * @return its descriptor, which the caller owns
     * @throws IllegalStateException if there is less memory
     */
    int reserve(long bytes) {
        long shared = folderFree();
        requireFree(bytes, shared);
        boolean mayFit = bytes <= shared || shared == 0; // 0: also where nobody can tell, and making a file tells why
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
     * @return its descriptor, which the caller owns
     * @throws IllegalStateException if there is less memory
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
                    "segments do not fit in {0}: bytes={1}, limit={2} bytes free; anonymous memory is used instead,"
                            + " a larger {0} avoids it (containers: --shm-size=2g)",
                    folder,
                    Long.toString(bytes),
                    Long.toString(shared));
        } else {
            LOGGER.log(
                    Level.WARNING,
                    "segments cannot lie in {0}: errno={1} ({2}), limit=a memory file system that can be written to;"
                            + " anonymous memory is used instead, mounting one there avoids it",
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
