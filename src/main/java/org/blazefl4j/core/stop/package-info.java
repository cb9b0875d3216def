/**
 * When a run ends: {@link org.blazefl4j.core.stop.StopRules} makes the rules, which are otherwise known as
 * {@link org.blazefl4j.core.StopRule} only.
 */
@NullMarked
package org.blazefl4j.core.stop;

import org.jspecify.annotations.NullMarked;
