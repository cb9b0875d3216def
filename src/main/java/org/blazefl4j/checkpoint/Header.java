package org.blazefl4j.checkpoint;

import java.util.Map;

/**
 * What a file says of itself, as text, so that it can be read without the library that wrote it.
 *
 * @param round the number of completed rounds
 * @param createdBy the version of the library that wrote it
 * @param configuration by name
 * @param environment by name
 */
record Header(int round, String createdBy, Map<String, String> configuration, Map<String, String> environment) {}
