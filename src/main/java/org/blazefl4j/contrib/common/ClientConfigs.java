package org.blazefl4j.contrib.common;

import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The last configuration of each client, for as long as somebody has it: a process-pool trainer does, which encodes it
 * once if it is given the same object each time. Safe for use by several threads.
 *
 * @param <C> the client's configuration
 */
public final class ClientConfigs<C> {

    private final Map<Integer, WeakReference<C>> last = new ConcurrentHashMap<>();

    /** Of no client yet. */
    public ClientConfigs() {}

    /**
     * The client's last configuration if it is still true, else a fresh one.
     *
     * @param cid the client
     * @param stillTrue whether a configuration says what a fresh one would
     * @param fresh makes a configuration
     */
    public C get(int cid, Predicate<? super C> stillTrue, Supplier<? extends C> fresh) {
        WeakReference<C> reference = last.get(cid);
        C config = reference == null ? null : reference.get();
        if (config == null || !stillTrue.test(config)) {
            config = fresh.get();
            last.put(cid, new WeakReference<>(config));
        }
        return config;
    }
}
