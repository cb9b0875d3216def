package org.blazefl4j.trainer;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.codec.TensorWalk;

/** Packages that wait for {@code uplinkPackage()}. Thread-safe. Once closed, it closes packages that are added. */
final class PackageCache<U> {

    private final List<U> packages = new ArrayList<>();
    private boolean closed;

    synchronized List<U> snapshot() {
        return List.copyOf(packages);
    }

    synchronized List<U> take() {
        List<U> taken = new ArrayList<>(packages);
        packages.clear();
        return taken;
    }

    void add(U uplink) {
        synchronized (this) {
            if (!closed) {
                packages.add(uplink);
                return;
            }
        }
        TensorWalk.closeAll(uplink);
    }

    /** Closes the packages that nobody took. */
    void discard() {
        take().forEach(TensorWalk::closeAll);
    }

    void close() {
        synchronized (this) {
            closed = true;
        }
        discard();
    }
}
