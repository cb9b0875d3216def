package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import net.jqwik.api.statistics.Statistics;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.trainer.StatefulClients.Action;
import org.blazefl4j.trainer.StatefulClients.Down;
import org.blazefl4j.trainer.StatefulClients.Order;
import org.blazefl4j.trainer.StatefulClients.Up;
import org.blazefl4j.util.Slow;

/** In any sequence of rounds, only accepted packages change states. */
@Slow
class ClientStatePropertiesTest {

    private static final int LENGTH = 20_000;

    enum Form {
        COLLECT,
        STREAM,
        STREAM_AND_STOP,
        STREAM_AND_THROW
    }

    /**
     * A planned round.
     *
     * @param after how many packages the sink takes before it does what the form says
     */
    record Plan(List<Integer> cids, List<Action> actions, Form form, int after) {}

    /** What the sink of a round throws. */
    private static final class SinkFailure extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private static Path folder;

    private static final StatefulClients CLIENTS = new StatefulClients(LENGTH);
    private static final Map<ExecutionMode, AbstractClientTrainer<Order, Down, Up>> TRAINERS =
            new EnumMap<>(ExecutionMode.class);

    @BeforeContainer
    static void open() throws IOException {
        folder = Files.createTempDirectory("states");
        TrainerOptions options = TrainerOptions.builder()
                .numParallels(3)
                .stateMemory(3 * 4 * LENGTH) // some states are on disk
                .stateFolder(folder)
                .build();
        for (ExecutionMode mode : ExecutionMode.values()) {
            TRAINERS.put(mode, mode.trainer(CLIENTS, options));
        }
    }

    @AfterContainer
    static void close() throws IOException {
        TRAINERS.values().forEach(AbstractClientTrainer::close);
        assertThat(folder).isEmptyDirectory();
        Files.delete(folder);
    }

    @Provide
    Arbitrary<List<Plan>> plans() {
        Arbitrary<Action> action = Arbitraries.frequency(
                Tuple.of(10, Action.KEEP),
                Tuple.of(2, Action.KEEP_TWICE),
                Tuple.of(3, Action.LOOK),
                Tuple.of(2, Action.KEEP_AND_OVERWRITE),
                Tuple.of(2, Action.RETURN_STATE),
                Tuple.of(1, Action.KEEP_AND_THROW));
        Arbitrary<List<Integer>> cids = Arbitraries.integers()
                .between(0, 7)
                .list()
                .uniqueElements()
                .ofMinSize(1)
                .ofMaxSize(6);
        Arbitrary<Plan> plan = Combinators.combine(
                        cids,
                        action.list().ofSize(6),
                        Arbitraries.of(Form.class),
                        Arbitraries.integers().between(1, 6))
                .as(Plan::new);
        return plan.list().ofMinSize(1).ofMaxSize(6);
    }

    @Property(tries = 120)
    void shouldChangeStatesOnlyByAcceptedPackages(@ForAll("plans") List<Plan> plans, @ForAll ExecutionMode mode) {
        AbstractClientTrainer<Order, Down, Up> trainer = TRAINERS.get(mode);
        Map<Integer, Long> expected = new HashMap<>();
        for (int cid = 0; cid < 8; cid++) {
            expected.put(cid, StatefulClients.numberIn(trainer.states().read(cid)));
        }
        for (int round = 0; round < plans.size(); round++) {
            expected.putAll(run(trainer, plans.get(round), round, expected));
            for (int cid = 0; cid < 8; cid++) {
                assertThat(StatefulClients.numberIn(trainer.states().read(cid)))
                        .as("client " + cid + " after " + plans.get(round))
                        .isEqualTo(expected.get(cid));
            }
        }
    }

    /** Runs a round and returns the states that have changed. */
    private static Map<Integer, Long> run(
            AbstractClientTrainer<Order, Down, Up> trainer, Plan plan, long payload, Map<Integer, Long> before) {
        for (int i = 0; i < plan.cids.size(); i++) {
            CLIENTS.order(plan.cids.get(i), plan.actions.get(i));
        }
        Map<Integer, Long> accepted = new HashMap<>();
        Consumer<Up> take = up -> {
            try (up) {
                Action action = plan.actions.get(plan.cids.indexOf(up.cid()));
                long old = before.get(up.cid()) == null ? 0 : before.get(up.cid());
                boolean keeps = action != Action.LOOK && action != Action.RETURN_STATE;
                long number = keeps ? StatefulClients.next(old, up.cid(), payload) : old;
                assertThat(up.number()).isEqualTo(number);
                assertThat(up.vector().min().item_float()).isEqualTo(number);
                assertThat(up.vector().max().item_float()).isEqualTo(number);
                if (keeps) {
                    accepted.put(up.cid(), number);
                }
            }
        };
        String ending = "complete";
        try {
            process(trainer, plan, new Down(payload), take);
        } catch (ClientFailedException failed) {
            ending = "failed";
        } catch (StoppedException stopped) {
            ending = "stopped";
        } catch (SinkFailure failure) {
            ending = "caller failed";
        }
        trainer.uplinkPackage().forEach(take);
        boolean stopped = trainer.stopEvent().isSet() && ending.equals("failed");
        trainer.stopEvent().clear();
        Statistics.collect(ending);
        return ending.equals("complete") || ending.equals("failed") && !stopped ? accepted : Map.of();
    }

    private static void process(
            AbstractClientTrainer<Order, Down, Up> trainer, Plan plan, Down down, Consumer<Up> take) {
        AtomicInteger taken = new AtomicInteger();
        if (plan.form == Form.COLLECT) {
            trainer.localProcess(down, plan.cids);
            return;
        }
        trainer.localProcess(down, plan.cids, up -> {
            take.accept(up);
            if (taken.incrementAndGet() == plan.after) {
                if (plan.form == Form.STREAM_AND_STOP) {
                    trainer.stopEvent().set();
                } else if (plan.form == Form.STREAM_AND_THROW) {
                    throw new SinkFailure();
                }
            }
        });
    }
}
