package org.blazefl4j.binding;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;

/**
 * A {@link PointerScope} that tells what it holds, can release single pointers without closing them, and can stop
 * collecting before it is closed.
 */
public final class RetainingScope extends PointerScope {

    private final List<Pointer> held = new ArrayList<>();

    @Override
    public PointerScope attach(Pointer pointer) {
        held.add(pointer);
        pointer.retainReference();
        return this;
    }

    @Override
    public PointerScope detach(Pointer pointer) {
        if (release(pointer)) {
            pointer.releaseReference();
        }
        return this;
    }

    /** Whether the scope holds a pointer that was created in it. */
    public boolean holds(Pointer pointer) {
        return indexOf(pointer) >= 0;
    }

    /** Releases a pointer, which then lives until its new owner closes it. Returns false if it was not held. */
    public boolean release(Pointer pointer) {
        int index = indexOf(pointer);
        if (index < 0) {
            return false;
        }
        held.remove(index);
        return true;
    }

    /** Stops collecting on this thread. Held pointers live until {@link #close()}, which any thread may then call. */
    void leave() {
        extend();
        super.close();
    }

    /** Frees the held pointers, after closing inner scopes that are still open. */
    @Override
    public void close() {
        closeForgottenScopes();
        for (int i = held.size() - 1; i >= 0; i--) {
            held.get(i).releaseReference();
        }
        held.clear();
        super.close();
    }

    @Override
    public void deallocate() {
        for (int i = held.size() - 1; i >= 0; i--) {
            held.get(i).deallocate();
        }
        held.clear();
    }

    private void closeForgottenScopes() {
        if (!isOpen()) {
            return;
        }
        PointerScope inner = getInnerScope();
        while (inner != this) {
            inner.close();
            inner = getInnerScope();
        }
    }

    private boolean isOpen() {
        for (Iterator<PointerScope> scopes = getScopeIterator(); scopes.hasNext(); ) {
            if (scopes.next() == this) {
                return true;
            }
        }
        return false;
    }

    private int indexOf(Pointer pointer) {
        for (int i = held.size() - 1; i >= 0; i--) {
            if (held.get(i) == pointer) {
                return i;
            }
        }
        return -1;
    }
}
