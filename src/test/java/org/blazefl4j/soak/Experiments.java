package org.blazefl4j.soak;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.contrib.dsfl.DsflClients;
import org.blazefl4j.contrib.dsfl.DsflServerHandler;
import org.blazefl4j.contrib.dsfl.TinyOpenData;
import org.blazefl4j.contrib.fedavg.FedAvgClients;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.contrib.scaffold.ScaffoldClients;
import org.blazefl4j.contrib.scaffold.ScaffoldServerHandler;

/** Experiments of the soak tests: small models with dropout and batch normalisation, half of the clients per round. */
final class Experiments implements AutoCloseable {

    private static final int FLOATS = 62_006;
    private static final int CLIENTS = 12;
    private static final int SAMPLES = 96;
    private static final Tiny.Selector MODELS = new Tiny.Selector(42);
    private static final SgdOptions SGD = new SgdOptions(2, 8, 0.05);

    private final TinyData data = TinyData.evenly(SAMPLES, CLIENTS);
    private final TinyOpenData openData = new TinyOpenData(2 * SAMPLES, SAMPLES, CLIENTS);

    /** Returns an experiment that trains nothing. */
    Experiment<?, ?, ?, ?> empty() {
        return new Experiment<>(
                "empty",
                rounds -> new CountingServer(FLOATS, CLIENTS, rounds),
                new CountingClients(FLOATS),
                CountingClients.Up::pid);
    }

    /** Returns one experiment per algorithm, the largest client states first. */
    List<Experiment<?, ?, ?, ?>> training() {
        return List.of(scaffold(), dsfl(), fedAvg());
    }

    /** Finds an experiment by its name. */
    Experiment<?, ?, ?, ?> named(String name) {
        return Stream.concat(Stream.of(empty()), training().stream())
                .filter(experiment -> experiment.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private Experiment<?, ?, ?, ?> fedAvg() {
        return new Experiment<>(
                "fedavg",
                rounds -> new FedAvgServerHandler(MODELS, Tiny.CONVOLUTION, data.partitions(), server(rounds)),
                new FedAvgClients(MODELS, Tiny.CONVOLUTION, data.partitions(), CLIENTS, SGD),
                uplink -> pid(uplink.metadata()));
    }

    /** Its clients keep control variates between rounds. */
    private Experiment<?, ?, ?, ?> scaffold() {
        return new Experiment<>(
                "scaffold",
                rounds -> new ScaffoldServerHandler(
                        MODELS, Tiny.CONVOLUTION, data.partitions(), ScaffoldServerHandler.Options.of(server(rounds))),
                new ScaffoldClients(MODELS, Tiny.CONVOLUTION, data.partitions(), CLIENTS, SGD),
                uplink -> pid(uplink.metadata()));
    }

    /** Its clients keep their models, optimizers and buffers between rounds. */
    private Experiment<?, ?, ?, ?> dsfl() {
        DsflClients.Options client = new DsflClients.Options(SGD, SGD, 0.9, false);
        return new Experiment<>(
                "dsfl",
                rounds -> new DsflServerHandler(MODELS, Tiny.CONVOLUTION, openData.partitions(), dsflServer(rounds)),
                new DsflClients(MODELS, Tiny.CONVOLUTION, openData.partitions(), CLIENTS, client),
                uplink -> pid(uplink.metadata()));
    }

    private static ServerOptions server(int rounds) {
        return ServerOptions.of(rounds, CLIENTS).withSampleRatio(0.5);
    }

    private static DsflServerHandler.Options dsflServer(int rounds) {
        return DsflServerHandler.Options.of(server(rounds))
                .withOpenSizePerRound(SAMPLES / 4)
                .withDistillation(SGD)
                .withMomentum(0.9);
    }

    private static long pid(Map<String, Object> metadata) {
        return (long) metadata.get("pid");
    }

    @Override
    public void close() {
        data.close();
        openData.close();
    }
}
