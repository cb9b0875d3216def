package org.blazefl4j.contrib.dsfl;

import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.data.Dataset;

/**
 * What a worker needs to know of one client.
 *
 * @param model which model the client has
 * @param dataset its private samples
 * @param open the open set
 * @param test its own test samples; null where it does not evaluate
 * @param options what it does
 */
public record DsflClientConfig(
        SelectedModel<?> model, Dataset dataset, Dataset open, Dataset test, DsflClientOptions options) {}
