package org.blazefl4j.exactness;

import java.util.List;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.Schedule;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.dsfl.DsflClients;
import org.blazefl4j.contrib.dsfl.DsflServerHandler;
import org.blazefl4j.contrib.dsfl.DsflUplinkPackage;
import org.blazefl4j.contrib.dsfl.SpoiltDsfl;
import org.blazefl4j.contrib.fedavg.FedAvgClients;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.contrib.fedavg.FedAvgUplinkPackage;
import org.blazefl4j.contrib.fedavg.SpoiltFedAvg;
import org.blazefl4j.contrib.scaffold.ScaffoldClients;
import org.blazefl4j.contrib.scaffold.ScaffoldServerHandler;
import org.blazefl4j.contrib.scaffold.ScaffoldUplinkPackage;
import org.blazefl4j.contrib.scaffold.SpoiltScaffold;
import org.blazefl4j.torch.StepRule;

/** The algorithms. Eight of ten clients take part in each round, so each client skips rounds. */
enum Algorithm {
    FEDAVG {
        @Override
        Experiment<?, ?, ?, ?> experiment(Net net, Images images, int rounds) {
            FedAvgClients clients = new FedAvgClients(SELECTOR, net, images.partitions(), Images.CLIENTS, SGD);
            return new Experiment<>(
                    () -> new FedAvgServerHandler(SELECTOR, net, images.partitions(), server(rounds)),
                    clients,
                    SpoiltFedAvg.of(clients),
                    FedAvgUplinkPackage::cid,
                    FedAvgUplinkPackage::metadata);
        }
    },
    /** Clients keep an optimizer's moments. */
    FEDAVG_ADAM {
        @Override
        Experiment<?, ?, ?, ?> experiment(Net net, Images images, int rounds) {
            FedAvgClients clients = new FedAvgClients(SELECTOR, net, images.partitions(), Images.CLIENTS, ADAM);
            return new Experiment<>(
                    () -> new FedAvgServerHandler(SELECTOR, net, images.partitions(), server(rounds)),
                    clients,
                    SpoiltFedAvg.of(clients),
                    FedAvgUplinkPackage::cid,
                    FedAvgUplinkPackage::metadata);
        }
    },
    /** Clients keep control variates. */
    SCAFFOLD {
        @Override
        Experiment<?, ?, ?, ?> experiment(Net net, Images images, int rounds) {
            ScaffoldClients clients = new ScaffoldClients(SELECTOR, net, images.partitions(), Images.CLIENTS, SGD);
            ScaffoldServerHandler.Options server = ScaffoldServerHandler.Options.of(server(rounds));
            return new Experiment<>(
                    () -> new ScaffoldServerHandler(SELECTOR, net, images.partitions(), server),
                    clients,
                    SpoiltScaffold.of(clients),
                    ScaffoldUplinkPackage::cid,
                    ScaffoldUplinkPackage::metadata);
        }
    },
    /** Clients keep their models, every third of which is an MLP, and the velocities of their optimizers. */
    DSFL {
        @Override
        Experiment<?, ?, ?, ?> experiment(Net net, Images images, int rounds) {
            List<Net> nets = IntStream.range(0, Images.CLIENTS)
                    .mapToObj(cid -> cid % 3 == 2 ? Net.MLP : net)
                    .toList();
            DsflClients clients =
                    new DsflClients(SELECTOR, nets, images.withOpen(), new DsflClients.Options(SGD, SGD, 0.9, false));
            DsflServerHandler.Options server = DsflServerHandler.Options.of(server(rounds))
                    .withOpenSizePerRound(Images.OPEN - 4)
                    .withDistillation(SGD)
                    .withMomentum(0.9);
            return new Experiment<>(
                    () -> new DsflServerHandler(SELECTOR, net, images.withOpen(), server),
                    clients,
                    SpoiltDsfl.of(clients),
                    DsflUplinkPackage::cid,
                    DsflUplinkPackage::metadata);
        }
    };

    private static final Net.Selector SELECTOR = new Net.Selector(1);
    private static final SgdOptions SGD = new SgdOptions(1, 4, 0.01);

    private static final LocalOptions ADAM = LocalOptions.of(SGD)
            .withRule(StepRule.adamW())
            .withSchedule(Schedule.cosine(3, 0.1))
            .withMaxGradNorm(1)
            .withKeepState(true);

    /** Gives more batches than workers, and a smaller last one. */
    private static final int EVALUATION_BATCH = 3;

    private static ServerOptions server(int rounds) {
        return ServerOptions.of(rounds, Images.CLIENTS).withSampleRatio(0.8).withBatchSize(EVALUATION_BATCH);
    }

    /** Makes the experiment with this number of rounds. */
    abstract Experiment<?, ?, ?, ?> experiment(Net net, Images images, int rounds);
}
