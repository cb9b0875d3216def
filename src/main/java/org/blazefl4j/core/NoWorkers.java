package org.blazefl4j.core;

import java.util.List;
import org.blazefl4j.core.Workers.ShardFunction;

/** {@link Workers#NONE}. */
final class NoWorkers implements Workers {

    @Override
    public int count() {
        return 0;
    }

    @Override
    public void share(Object data) {
        throw none();
    }

    @Override
    public <P, R> List<R> map(String work, P payload, int shards, ShardFunction<P, R> function) {
        throw none();
    }

    private static IllegalStateException none() {
        return new IllegalStateException(
                "no workers: workers=0, limit=1 or more; check count() first, and do the work without them");
    }
}
