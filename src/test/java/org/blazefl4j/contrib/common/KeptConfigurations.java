package org.blazefl4j.contrib.common;

import static org.assertj.core.api.Assertions.assertThat;

import org.blazefl4j.codec.PackageEncoder;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.core.ClientAlgorithm;

/** Checks that a client's configuration is encoded once. */
public final class KeptConfigurations {

    private KeptConfigurations() {}

    /** Requires that a client always gets the same object, which always encodes to the same message. */
    public static void requireOneThatIsEncodedOnce(ClientAlgorithm<?, ?, ?> clients, int cid) {
        Object config = clients.getClientConfig(cid);
        PackageEncoder encoder = new PackageEncoder();
        encoder.encode(config, (path, tensor, layout, unbounded) -> new ShmHandle(0, 0, 0, layout));
        assertThat(encoder.wasConstant()).isTrue();
        assertThat(clients.getClientConfig(cid)).isSameAs(config);
    }
}
