package org.blazefl4j.trainer;

import org.blazefl4j.core.ClientAlgorithm;

/** The execution modes within one process. */
enum Mode {
    SERIAL {
        @Override
        <U, D, C> AbstractClientTrainer<U, D, C> trainer(ClientAlgorithm<U, D, C> clients, TrainerOptions options) {
            return new SerialClientTrainer<>(clients, options);
        }
    },
    THREADS {
        @Override
        <U, D, C> AbstractClientTrainer<U, D, C> trainer(ClientAlgorithm<U, D, C> clients, TrainerOptions options) {
            return new ThreadPoolClientTrainer<>(clients, options);
        }
    };

    abstract <U, D, C> AbstractClientTrainer<U, D, C> trainer(ClientAlgorithm<U, D, C> clients, TrainerOptions options);

    <U, D, C> AbstractClientTrainer<U, D, C> trainer(ClientAlgorithm<U, D, C> clients) {
        return trainer(clients, TrainerOptions.builder().numParallels(2).build());
    }
}
