package org.blazefl4j.util;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * Marks tests that start processes or train for seconds. {@code mvn verify} runs them; {@code mvn test} leaves them
 * out.
 */
@Tag("slow")
@net.jqwik.api.Tag("slow")
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
public @interface Slow {}
