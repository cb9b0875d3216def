package org.blazefl4j.spark;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.blazefl4j.codec.PackageDecoder;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;

/**
 * The clients of an executor's own trainer, as the driver described them.
 *
 * @param pattern a package with the layout of results, as an encoded message
 */
record ForeignClients(ClientWorker<Object, Object, Object> worker, byte[] pattern, ClassLoader loader)
        implements ClientAlgorithm<Object, Object, Object> {

    /** The driver sends configurations with clients. */
    @Override
    public Object getClientConfig(int cid) {
        throw new IllegalStateException("no configuration in an executor: client=" + cid + ", expected=the driver's");
    }

    @Override
    public Object prepareUplinkPackageBuffer() {
        ByteBuffer message = ByteBuffer.wrap(pattern).order(ByteOrder.LITTLE_ENDIAN);
        return Objects.requireNonNull(
                new PackageDecoder(loader).decode(message, handle -> Parcel.empty(handle.layout())));
    }
}
