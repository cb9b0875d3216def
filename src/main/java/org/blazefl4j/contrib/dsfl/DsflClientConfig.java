package org.blazefl4j.contrib.dsfl;

import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.data.Dataset;
import org.jspecify.annotations.Nullable;

/**
 * What a worker is told about one client.
 *
 * @param model the client's model
 * @param dataset its private samples
 * @param open the open set
 * @param test its own test samples; null if it does not evaluate
 * @param options how it trains and distils
 */
public record DsflClientConfig(
        SelectedModel<?> model,
        Dataset dataset,
        Dataset open,
        @Nullable Dataset test,
        DsflClientOptions options) {}
