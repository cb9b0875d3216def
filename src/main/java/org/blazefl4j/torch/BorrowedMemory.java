package org.blazefl4j.torch;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.DataPtr;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Storage;
import org.bytedeco.pytorch.Tensor;

/**
 * Makes a vector and all its views use another vector's memory until closed, by exchanging addresses. Copies nothing.
 * Not thread-safe; the lender's memory must neither move nor be freed before the close.
 */
final class BorrowedMemory implements AutoCloseable {

    private final Storage storage;
    private final DataPtr own;

    /**
     * Exchanges the addresses.
     *
     * @param borrower contiguous, at the start of its storage
     * @param lender contiguous, of the borrower's size, on its device
     */
    BorrowedMemory(Tensor borrower, Tensor lender) {
        this.storage = borrower.storage();
        try (Pointer address = lender.data_ptr();
                Device device = lender.device();
                DataPtr lent = new DataPtr(address, device)) {
            this.own = storage.set_data_ptr(lent);
        }
        storage.retainReference(); // they may outlive the pointer scopes of their creation
        own.retainReference();
    }

    /** Restores the vector's own memory, with the values that it had. */
    @Override
    public void close() {
        storage.set_data_ptr_noswap(own);
        own.close();
        storage.close();
    }
}
