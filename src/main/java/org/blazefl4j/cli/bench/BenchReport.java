package org.blazefl4j.cli.bench;

import java.util.List;
import java.util.Map;
import org.blazefl4j.lab.CaseResult;

/**
 * A measurement of this machine, as all its forms tell of it.
 *
 * @param version of this program
 * @param started when, in ISO 8601
 * @param stopped whether it was ended before all cases were measured
 * @param machine what it was measured on, by name
 * @param settings what was asked for, by option name
 * @param warnings what spoils the figures
 * @param results the cases, in the order in which they were measured
 */
public record BenchReport(
        String version,
        String started,
        boolean stopped,
        Map<String, Object> machine,
        Map<String, Object> settings,
        List<String> warnings,
        List<CaseResult> results) {}
