package org.blazefl4j.torch;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.DataPtr;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Storage;
import org.bytedeco.pytorch.Tensor;

/**
 * Has a vector, and with it all views of it, lie in another vector's memory until it is closed, by one exchange of
 * addresses. Nothing is copied either way.
 *
 * <p>Made by {@link FlatParameters#borrow}. Used by one thread; the lender must live, where it is, until the close.
 */
public final class BorrowedMemory implements AutoCloseable {

    private final Storage storage;
    private final DataPtr own;
    private final Runnable whenGivenBack;
    private boolean closed;

    /**
     * Exchanges the addresses.
     *
     * @param borrower contiguous, the first of its storage
     * @param lender contiguous, of the borrower's size, on its device
     * @param whenGivenBack called by the close
     */
    BorrowedMemory(Tensor borrower, Tensor lender, Runnable whenGivenBack) {
        this.whenGivenBack = whenGivenBack;
        this.storage = borrower.storage();
        try (Pointer address = lender.data_ptr();
                Device device = lender.device();
                DataPtr lent = new DataPtr(address, device)) {
            this.own = storage.set_data_ptr(lent);
        }
        storage.retainReference(); // the scopes that they were made in may end before
        own.retainReference();
    }

    /** Gives the memory back: the vector is again where it was, with the values that it had. Safe to call twice. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        storage.set_data_ptr_noswap(own);
        own.close();
        storage.close();
        whenGivenBack.run();
    }
}
