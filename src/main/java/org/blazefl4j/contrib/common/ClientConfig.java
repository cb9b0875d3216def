package org.blazefl4j.contrib.common;

import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.data.Dataset;

/**
 * What a worker is told about one client.
 *
 * @param model which model is trained
 * @param dataset the client's samples
 * @param options how it trains
 */
public record ClientConfig(SelectedModel<?> model, Dataset dataset, LocalOptions options) {}
