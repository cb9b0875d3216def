package org.blazefl4j.trainer;

/** The contract of trainers that run clients in threads. */
final class ThreadsContractTest extends TrainerContract {

    ThreadsContractTest() {
        super(ExecutionMode.MULTI_THREADED);
    }
}
