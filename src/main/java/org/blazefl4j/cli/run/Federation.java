package org.blazefl4j.cli.run;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.blazefl4j.cli.options.OptionNames;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.contrib.common.AbstractServerHandler;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.util.ResourceStack;

/**
 * The data, the server and the clients of a run.
 *
 * @param engines what computes the models
 * @param evaluated the clients that are evaluated, in groups by the first word of their figures
 * @param evaluation evaluates the global model on clients, between rounds
 * @param resources what is closed with the federation
 * @param <D> the downlink package, server to client
 * @param <U> the uplink package, client to server
 */
record Federation<D, U>(
        ImageData images,
        RunEngines engines,
        AbstractServerHandler<D, U> handler,
        ClientTrainer<D, U> trainer,
        Map<String, List<Integer>> evaluated,
        Function<List<Integer>, List<Evaluation>> evaluation,
        ResourceStack resources)
        implements AutoCloseable {

    /**
     * Reads the data, distributes it over the clients and starts the workers.
     *
     * @param folder the folder for the reports of workers that crash
     * @param check may refuse the images or the engines before they are used
     * @throws UsageException if the options cannot be met
     */
    static Federation<?, ?> open(RunOptions options, Path folder, BiConsumer<ImageData, RunEngines> check) {
        ResourceStack resources = new ResourceStack();
        try {
            ImageData images = resources.add(options.data.read());
            options.requireFit(images);
            RunEngines engines = RunEngines.of(options, images);
            check.accept(images, engines);
            var sides = options.algorithm().sides(options, images, resources);
            return start(options, folder, images, engines, sides, resources);
        } catch (IllegalArgumentException e) {
            resources.close();
            throw UsageException.insteadOf(e, OptionNames.in(String.valueOf(e.getMessage()), options.spec));
        } catch (RuntimeException | Error e) {
            resources.close();
            throw e;
        }
    }

    private static <C, D, U> Federation<D, U> start(
            RunOptions options,
            Path folder,
            ImageData images,
            RunEngines engines,
            Algorithm.Sides<C, D, U> sides,
            ResourceStack resources) {
        ClientTrainer<D, U> trainer = resources.add(options.trainers.trainer(
                options.execution.executionMode, sides.clients(), options.trainer(), options.process(folder)));
        Function<List<Integer>, List<Evaluation>> evaluation = cids -> {
            var evaluator = Objects.requireNonNull(sides.evaluator(), "evaluator");
            return trainer.evaluate(sides.handler().evaluationPackage(), cids, evaluator);
        };
        Map<String, List<Integer>> evaluated = options.evaluation.groups(sides.evaluated(), options.numClients());
        return new Federation<>(images, engines, sides.handler(), trainer, evaluated, evaluation, resources);
    }

    @Override
    public void close() {
        resources.close();
    }
}
