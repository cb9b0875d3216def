package org.blazefl4j.trainer;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Runs a test, which has the mode as its parameter, in both execution modes within one process. */
@ParameterizedTest
@EnumSource(value = ExecutionMode.class, mode = EnumSource.Mode.EXCLUDE, names = "MULTI_PROCESS")
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@interface WithoutProcesses {

    /** The same modes, for tests that have more parameters. */
    ExecutionMode[] MODES = {ExecutionMode.SINGLE_THREADED, ExecutionMode.MULTI_THREADED};
}
