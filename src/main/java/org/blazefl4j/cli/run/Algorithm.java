package org.blazefl4j.cli.run;

import java.util.List;
import org.blazefl4j.contrib.common.AbstractServerHandler;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientEvaluator;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.util.ResourceStack;
import org.jspecify.annotations.Nullable;

/** A federated algorithm with its own options. */
interface Algorithm {

    /**
     * The server and the clients of a federation.
     *
     * @param evaluator evaluates the global model on a client's own test images
     * @param evaluated the clients that have such images
     */
    record Sides<C, D, U>(
            AbstractServerHandler<D, U> handler,
            ClientAlgorithm<C, D, U> clients,
            @Nullable ClientEvaluator<C, ? super D, Evaluation> evaluator,
            List<Integer> evaluated) {

        /** Pairs a server with clients that are not evaluated. */
        Sides(AbstractServerHandler<D, U> handler, ClientAlgorithm<C, D, U> clients) {
            this(handler, clients, null, List.of());
        }
    }

    /** Describes the algorithm's options, after a comma; empty if it has none. */
    default String describe() {
        return "";
    }

    /** Returns the positions of each client's training images. */
    default List<long[]> parts(RunOptions options, ImageData images) {
        return options.parts(images);
    }

    /**
     * Makes the server and the clients; sets options whose default depends on the data.
     *
     * @param resources closed with the federation, or if this method throws
     * @throws IllegalArgumentException if the options do not fit the data
     */
    Sides<?, ?, ?> sides(RunOptions options, ImageData images, ResourceStack resources);
}
