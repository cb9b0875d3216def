package org.blazefl4j.trainer;

/** The contract of trainers that run clients on the calling thread. */
final class SerialContractTest extends TrainerContract {

    SerialContractTest() {
        super(ExecutionMode.SINGLE_THREADED);
    }
}
