package org.blazefl4j.trainer;

import org.blazefl4j.util.Slow;

/** The contract of trainers that run clients in worker processes. */
@Slow
final class ProcessesContractTest extends TrainerContract {

    ProcessesContractTest() {
        super(ExecutionMode.MULTI_PROCESS);
    }
}
