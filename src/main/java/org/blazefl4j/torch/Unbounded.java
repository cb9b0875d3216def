package org.blazefl4j.torch;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a tensor of an uplink package whose size is not known in advance. It is sent in a separate segment.
 *
 * <pre>{@code
 * record Uplink(int cid, Tensor parameters, @Unbounded Tensor softLabels) {}
 * }</pre>
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.FIELD, ElementType.RECORD_COMPONENT})
public @interface Unbounded {}
