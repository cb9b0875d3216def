package org.blazefl4j.trainer;

import java.util.List;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;

/** Clients whose packages are changed in the parent: 1000 is added to their ids. */
final class ConvertingClients implements ClientAlgorithm<Integer, Down, Up> {

    private final Clients clients = Clients.adding();
    private final List<Integer> converted;

    ConvertingClients(List<Integer> converted) {
        this.converted = converted;
    }

    @Override
    public Integer getClientConfig(int cid) {
        return cid;
    }

    @Override
    public ClientWorker<Integer, Down, Up> worker() {
        return clients.worker();
    }

    @Override
    public Up prepareUplinkPackageBuffer() {
        return clients.prepareUplinkPackageBuffer();
    }

    @Override
    public Up convertBufferToUplink(Up uplink) {
        converted.add(uplink.cid());
        return new Up(uplink.cid() + 1000, uplink.value());
    }
}
