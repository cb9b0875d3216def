package org.blazefl4j.exactness;

import java.util.List;
import java.util.stream.Stream;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.trainer.AbstractClientTrainer;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.trainer.ProcessPoolClientTrainer;
import org.blazefl4j.trainer.SerialClientTrainer;
import org.blazefl4j.trainer.ThreadPoolClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;

/** A way to run clients, by so many workers. */
record Way(Mode mode, int workers) {

    enum Mode {
        SERIAL,
        THREADS,
        PROCESSES
    }

    /** Makes trainers, an algorithm's own, say. */
    interface Trainers<C, D, U> {
        AbstractClientTrainer<C, D, U> make(Mode mode, TrainerOptions options, ProcessOptions process);
    }

    static final Way SERIAL = new Way(Mode.SERIAL, 1);

    static Way threads(int workers) {
        return new Way(Mode.THREADS, workers);
    }

    static Way processes(int workers) {
        return new Way(Mode.PROCESSES, workers);
    }

    /** All that are promised to give the same bits. */
    static Stream<Way> all() {
        return Stream.concat(
                Stream.of(SERIAL),
                Stream.of(Mode.THREADS, Mode.PROCESSES)
                        .flatMap(mode -> List.of(1, 2, 3, 8).stream().map(workers -> new Way(mode, workers))));
    }

    /** The library's trainers of any algorithm. */
    static <C, D, U> Trainers<C, D, U> of(ClientAlgorithm<C, D, U> clients) {
        return (mode, options, process) -> switch (mode) {
            case SERIAL -> new SerialClientTrainer<>(clients, options);
            case THREADS -> new ThreadPoolClientTrainer<>(clients, options);
            case PROCESSES -> new ProcessPoolClientTrainer<>(clients, options, process);
        };
    }

    @Override
    public String toString() {
        return mode + " × " + workers;
    }
}
