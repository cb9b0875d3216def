package org.blazefl4j.util;

import java.lang.reflect.Method;

/** Reads a thread's allocation by reflection: the library's module does not read {@code java.management}. */
public final class AllocatedBytes {

    private static final Object THREADS;
    private static final Method OF_CURRENT_THREAD;

    static {
        try {
            THREADS = Class.forName("java.lang.management.ManagementFactory")
                    .getMethod("getThreadMXBean")
                    .invoke(null);
            OF_CURRENT_THREAD =
                    Class.forName("com.sun.management.ThreadMXBean").getMethod("getThreadAllocatedBytes", long.class);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private AllocatedBytes() {}

    /** Returns the bytes that the calling thread has allocated so far. */
    public static long ofThisThread() {
        try {
            return (long)
                    OF_CURRENT_THREAD.invoke(THREADS, Thread.currentThread().getId());
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
