package org.blazefl4j.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Compares two looks at the same work. Tolerates memory that malloc, the compiler and thread stacks hold for a while,
 * threads that the JVM keeps, and which of the parent's segments a worker has open. Files, processes and other mappings
 * must not increase.
 */
final class Flatness {

    static final long HEAP_KIB = 8 << 10;
    static final long MEMORY_KIB = 32 << 10;
    static final long THREADS = 4;

    /** A worker may map each segment twice: read-only, and for its results writable. */
    private static final long MAPPINGS = 2;

    private Flatness() {}

    /** Fails if the last look has more of anything than the first, beyond what is tolerated. */
    static void check(String what, Look first, Look last) {
        atMost(what + ", live objects in KiB", last.heapKiB(), first.heapKiB() + HEAP_KIB);
        check(what + ", parent", first.parent(), last.parent());
        atMost(
                what + ", parent, segments",
                last.parent().segments(),
                first.parent().segments());
        check(what + ", worker", first.worker(), last.worker());
        atMost(
                what + ", worker, segments",
                last.worker().segments(),
                MAPPINGS * first.parent().segments());
        atMost(what + ", processes", last.children(), first.children());
        atMost(what + ", temporary files", last.files(), first.files());
    }

    static boolean isFlat(Look first, Look last) {
        return catchThrowable(() -> check("", first, last)) == null;
    }

    private static void check(String what, Footprint first, Footprint last) {
        atMost(what + ", RSS in KiB", last.rssKiB(), first.rssKiB() + MEMORY_KIB);
        atMost(what + ", private memory in KiB", last.privateKiB(), first.privateKiB() + MEMORY_KIB);
        atMost(what + ", descriptors of no segment", last.otherDescriptors(), first.otherDescriptors());
        atMost(what + ", threads", last.threads(), first.threads() + THREADS);
    }

    private static void atMost(String what, long value, long limit) {
        assertThat(value).as(what).isLessThanOrEqualTo(limit);
    }
}
