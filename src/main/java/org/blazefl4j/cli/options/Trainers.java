package org.blazefl4j.cli.options;

import java.util.Optional;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.trainer.TrainerOptions;
import picocli.CommandLine.Model.CommandSpec;

/** Makes the trainers of runs: on this machine, or elsewhere if the program is a back-end's. */
public interface Trainers {

    /** On this machine. */
    Trainers HERE = new Trainers() {
        @Override
        public <C, D, U> ClientTrainer<D, U> trainer(
                ExecutionMode mode,
                ClientAlgorithm<C, D, U> clients,
                TrainerOptions options,
                ProcessOptions processOptions) {
            return mode.trainer(clients, options, processOptions);
        }

        @Override
        public Optional<String> describe(ExecutionMode mode) {
            return Optional.empty();
        }
    };

    /** The root command, which knows where runs train. */
    interface Holder {
        /** Returns what makes the trainers of runs. */
        Trainers trainers();
    }

    /** Returns what makes the trainers of the program that a command belongs to. */
    static Trainers of(CommandSpec command) {
        return ((Holder) command.root().userObject()).trainers();
    }

    /**
     * Makes a trainer, which the caller closes.
     *
     * @param mode how clients run where they train
     */
    <C, D, U> ClientTrainer<D, U> trainer(
            ExecutionMode mode,
            ClientAlgorithm<C, D, U> clients,
            TrainerOptions options,
            ProcessOptions processOptions);

    /** Describes for people where clients train and how they run there; empty if that is on this machine. */
    Optional<String> describe(ExecutionMode mode);
}
