package org.blazefl4j.worker;

/**
 * Work between rounds, which leaves no trace in them. Its random streams are apart from those of training.
 *
 * @param name its name in messages
 * @param ofClients whether it evaluates clients, each with its configuration and state; else it works shards
 */
public record SideWork(String name, boolean ofClients) {

    /** The evaluation of clients. */
    public static final SideWork EVALUATION = new SideWork("evaluation", true);

    /** Returns work of the server in shards. */
    public static SideWork ofShards(String name) {
        return new SideWork(name, false);
    }

    /** Returns the purpose for random streams. */
    String purpose(String purpose) {
        return (ofClients ? "" : "shard of ") + name + ": " + purpose;
    }
}
