package org.blazefl4j.federation;

/**
 * What a client does with the model that it receives: what it minimises, and what it keeps and sends besides its own
 * model. Crosses into worker processes, so it is best a record.
 *
 * <pre>{@code
 * record Proximal(double mu) implements LocalObjective {
 *     public void train(LocalRun run) {
 *         run.training().term(AffineTerm.pull(mu, run.start())).run();
 *     }
 * }
 * }</pre>
 */
@FunctionalInterface
public interface LocalObjective extends FederationPart {

    /** The cross-entropy of the client's samples: federated averaging. */
    LocalObjective CROSS_ENTROPY = new CrossEntropy();

    /**
     * Trains one client: writes the model that it sends to {@link LocalRun#result()}.
     *
     * @param run valid until this method returns
     */
    void train(LocalRun run);

    /**
     * Writes the model that this client would use itself to {@link LocalRun#result()}, for
     * {@linkplain FederationClients#personalEvaluator evaluations}; nothing is kept or sent. By default the received
     * model, with the client's own parts.
     */
    default void personalise(LocalRun run) {
        run.result().copy_(run.start());
    }

    /**
     * Returns whether {@link LocalRun#start()} and {@link LocalRun#result()} may lie on the client's device; false by
     * default: they are on the CPU. True suits objectives that only {@linkplain LocalRun#training() train} from one to
     * the other.
     */
    default boolean acceptsDeviceTensors() {
        return false;
    }

    /** Returns how many vectors a client sends besides its model; 0 by default. */
    default int vectors() {
        return 0;
    }

    /** {@link #CROSS_ENTROPY}; a record, so that it crosses into workers. */
    record CrossEntropy() implements LocalObjective {

        @Override
        public void train(LocalRun run) {
            run.training().run();
        }

        @Override
        public boolean acceptsDeviceTensors() {
            return true;
        }
    }
}
