package org.blazefl4j.util;

import java.util.ArrayDeque;
import java.util.Deque;

/** Resources that are closed together, last first. Each is closed, even if another one fails to. */
public final class ResourceStack implements AutoCloseable {

    private final Deque<AutoCloseable> resources = new ArrayDeque<>();

    /** Adds a resource, which is closed before those added earlier. */
    public <T extends AutoCloseable> T add(T resource) {
        resources.push(resource);
        return resource;
    }

    /** Closes all resources, then throws the first failure, if there was one. */
    @Override
    public void close() {
        ErrorCollector errors = new ErrorCollector();
        while (!resources.isEmpty()) {
            errors.run(resources.pop()::close);
        }
        errors.throwFirst("cannot close a resource");
    }
}
