package org.blazefl4j.cli.run;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.function.Consumer;
import org.blazefl4j.cli.options.OptionNames;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.trainer.ProcessOptions;

/**
 * A run's data, server and clients, as an algorithm makes them of the settings.
 *
 * @param <U> the uplink package, client to server
 * @param <D> the downlink package, server to client
 */
abstract class Federation<D, U> implements AutoCloseable {

    private final RunData data;
    private final Deque<AutoCloseable> owned = new ArrayDeque<>();
    private ProcessOptions process;
    private ServerHandler<D, U> handler;
    private ClientTrainer<D, U> trainer;

    /**
     * A federation of which nothing is made yet.
     *
     * @param data closed with the federation
     */
    Federation(RunData data) {
        this.data = owned(data);
    }

    /**
     * Reads the data, spreads it over the clients and starts the workers.
     *
     * @param folder where a worker that crashes leaves its report
     * @param check refuses images before anything is made of them
     * @throws UsageException if the settings cannot be met
     */
    static Federation<?, ?> open(RunOptions options, Path folder, Consumer<ImageData> check) {
        Federation<?, ?> federation = options.algorithm().federation(options, new RunData(options));
        federation.process = options.process(folder);
        try {
            check.accept(federation.data().images());
            federation.assemble();
            return federation;
        } catch (IllegalArgumentException e) {
            federation.close();
            UsageException refusal = new UsageException(OptionNames.in(e.getMessage()));
            refusal.addSuppressed(e); // not as its cause, which would say the same in the library's words
            throw refusal;
        } catch (RuntimeException | Error e) {
            federation.close();
            throw e;
        }
    }

    private void assemble() {
        handler = makeHandler();
        trainer = owned(makeTrainer());
    }

    /** Makes the server, first; what has to be closed is {@link #owned}. */
    abstract ServerHandler<D, U> makeHandler();

    /** Makes the clients' side, which starts the workers. */
    abstract ClientTrainer<D, U> makeTrainer();

    /** What the user left to the algorithm, by option name, as it is with this run's data; for result files. */
    Map<String, Object> derivedSettings() {
        return Map.of();
    }

    /** Has something closed with the federation, after all that comes to be owned later. */
    final <T extends AutoCloseable> T owned(T resource) {
        owned.push(resource);
        return resource;
    }

    /** How worker processes are started. */
    final ProcessOptions process() {
        return process;
    }

    final RunData data() {
        return data;
    }

    final ServerHandler<D, U> handler() {
        return handler;
    }

    final ClientTrainer<D, U> trainer() {
        return trainer;
    }

    @Override
    public final void close() {
        while (!owned.isEmpty()) {
            closeOne(owned.pop());
        }
    }

    private static void closeOne(AutoCloseable resource) {
        try {
            resource.close();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("cannot close: resource=" + resource, e);
        }
    }
}
