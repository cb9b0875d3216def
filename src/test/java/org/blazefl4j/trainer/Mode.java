package org.blazefl4j.trainer;

import org.blazefl4j.core.ClientAlgorithm;

/** The execution modes within one process. */
enum Mode {
    SERIAL {
        @Override
        <C, D, U> AbstractClientTrainer<C, D, U> trainer(ClientAlgorithm<C, D, U> clients, TrainerOptions options) {
            return new SerialClientTrainer<>(clients, options);
        }
    },
    THREADS {
        @Override
        <C, D, U> AbstractClientTrainer<C, D, U> trainer(ClientAlgorithm<C, D, U> clients, TrainerOptions options) {
            return new ThreadPoolClientTrainer<>(clients, options);
        }
    };

    abstract <C, D, U> AbstractClientTrainer<C, D, U> trainer(ClientAlgorithm<C, D, U> clients, TrainerOptions options);

    <C, D, U> AbstractClientTrainer<C, D, U> trainer(ClientAlgorithm<C, D, U> clients) {
        return trainer(clients, TrainerOptions.builder().numParallels(2).build());
    }
}
