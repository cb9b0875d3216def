package org.blazefl4j.binding;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;

/**
 * A {@link PointerScope} that knows what it holds, lets single pointers go without closing them, and can stop
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

    /** Whether the pointer was made in this scope and is still held by it. */
    public boolean holds(Pointer pointer) {
        return indexOf(pointer) >= 0;
    }

    /** Lets go of a pointer, which then lives until its new owner closes it. False if it was not held. */
    public boolean release(Pointer pointer) {
        int index = indexOf(pointer);
        if (index < 0) {
            return false;
        }
        held.remove(index);
        return true;
    }

    /** Ends collecting on this thread; what is held lives until {@link #close()}, which any thread may then call. */
    void leave() {
        extend();
        super.close();
    }

    /** Frees what is held. Scopes that were opened after this one and not closed are closed before. */
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
