package org.blazefl4j.trainer;

import java.nio.file.Files;
import java.nio.file.Path;
import org.blazefl4j.core.ClientEvaluator;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.trainer.FlakyClients.Down;
import org.blazefl4j.trainer.FlakyClients.Order;
import org.blazefl4j.trainer.FlakyClients.Up;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Functions that evaluate {@link FlakyClients}, and cross to worker processes. */
final class Evaluators {

    private Evaluators() {}

    /**
     * What an evaluator found.
     *
     * @param cid the client of the context
     * @param ordered the client of the configuration
     * @param state how often the client was trained, or -1 if it has no state
     * @param draw the first number of the client's stream
     */
    record Found(int cid, int ordered, int round, float payload, int state, double draw) {}

    static Found find(Order order, Down down, WorkerContext context) {
        float payload = down.value().select(0, 0).item_float();
        int state = context.state(Integer.class).orElse(-1);
        return new Found(
                context.clientId(),
                order.cid(),
                context.round(),
                payload,
                state,
                draw(context.generator(FlakyClients.PURPOSE)));
    }

    /** Returns the first number of a stream. */
    static double draw(Generator stream) {
        return torch.zeros(1).uniform_(0, 1, new GeneratorOptional(stream)).item_double();
    }

    /** Fails as the client's order says, after all that {@link #find} does. */
    static Found failing(Order order, Down down, WorkerContext context) {
        Found found = find(order, down, context);
        if (FlakyClients.fails(order)) {
            FlakyClients.fail(order);
        }
        return found;
    }

    /** An evaluator that is an object, of a class that trains, too. */
    record Adding(int number) implements ClientEvaluator<Order, Down, Integer>, ClientWorker<Order, Down, Up> {

        private static final long serialVersionUID = 1L;

        @Override
        public Integer evaluate(Order order, Down down, WorkerContext context) {
            return order.cid() + number;
        }

        @Override
        public Up train(Order order, Down down, WorkerContext context) {
            throw new AssertionError("trains");
        }
    }

    static int keeping(Order order, Down down, WorkerContext context) {
        context.keepState(7);
        return 0;
    }

    static boolean buffered(Order order, Down down, WorkerContext context) {
        return context.uplinkBuffer() == null;
    }

    static Tensor tensor(Order order, Down down, WorkerContext context) {
        return torch.ones(1);
    }

    static int writing(Order order, Down down, WorkerContext context) {
        down.value().fill_(new Scalar(7));
        return 0;
    }

    static int wrongConfig(String config, Down down, WorkerContext context) {
        return config.length();
    }

    /** Runs until it is told to stop, once it has made the file of its order. */
    static int polling(Order order, Down down, WorkerContext context) throws Exception {
        Files.createFile(Path.of(order.attempts() + "polls"));
        while (true) {
            context.stopEvent().throwIfSet();
            Thread.onSpinWait();
        }
    }
}
