package org.blazefl4j.federation;

import org.blazefl4j.contrib.common.LocalVariant;

/** What a {@link LocalTraining} does besides at each step. */
public interface StepHook extends LocalVariant.Hook {}
