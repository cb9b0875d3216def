package org.blazefl4j.contrib.common;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Objects;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.util.Arguments;

/**
 * How a server runs a federation, besides its model and data. Each {@code with} method returns a copy with one other
 * value.
 *
 * <pre>{@code
 * ServerOptions options = ServerOptions.of(15, 100).withSampleRatio(0.1);
 * }</pre>
 *
 * @param globalRound the number of rounds, above 0
 * @param numClients the number of clients in the federation, above 0
 * @param sampleRatio the share of the clients that trains in each round, above 0 and at most 1; at least one client
 * @param batchSize the number of samples per evaluation step, above 0; workers share the evaluation by such batches
 * @param seed of the streams that sample clients
 * @param device where the global model is evaluated
 * @param intraOpThreads LibTorch's threads for the server's own arithmetic, above 0; a property of the experiment,
 *     because one thread and two give different bits
 * @param sumThreads how many threads sum clients' tensors, which never changes a bit; 0: as many as there are
 *     processors
 * @param onNonFinite what happens when the server's own model or its loss is not finite: {@code FAIL} ends the round
 *     with an exception; all others log one warning. {@code TrainerOptions} has the policy for clients' results
 */
public record ServerOptions(
        int globalRound,
        int numClients,
        double sampleRatio,
        int batchSize,
        long seed,
        Device device,
        int intraOpThreads,
        int sumThreads,
        NonFinitePolicy onNonFinite) {

    /** Rounds away the error of a double times the largest number of clients, and far less than one client. */
    private static final int DECIMALS = 6;

    public ServerOptions {
        Arguments.require(globalRound > 0, "too few rounds: global_round=" + globalRound + ", limit=1 or more");
        Arguments.require(batchSize > 0, "batch too small: batch_size=" + batchSize + ", limit=1 or more");
        Arguments.require(
                intraOpThreads > 0, "too few threads: intra_op_threads=" + intraOpThreads + ", limit=1 or more");
        Arguments.require(
                sumThreads >= 0, "too few threads: sum_threads=" + sumThreads + ", limit=0 or more; 0 is automatic");
        Arguments.require(device != null, "no device: device=null, expected=cpu, cuda or cuda:<index>");
        Objects.requireNonNull(onNonFinite, "onNonFinite");
        clientsPerRound(numClients, sampleRatio);
    }

    /** Returns every client in every round, evaluation in batches of 250 on the CPU with one thread, seed 42. */
    public static ServerOptions of(int globalRound, int numClients) {
        return new ServerOptions(
                globalRound, numClients, 1.0, Evaluation.BATCH_SIZE, 42, Device.CPU, 1, 0, NonFinitePolicy.WARN);
    }

    public ServerOptions withSampleRatio(double sampleRatio) {
        return new ServerOptions(
                globalRound, numClients, sampleRatio, batchSize, seed, device, intraOpThreads, sumThreads, onNonFinite);
    }

    public ServerOptions withBatchSize(int batchSize) {
        return new ServerOptions(
                globalRound, numClients, sampleRatio, batchSize, seed, device, intraOpThreads, sumThreads, onNonFinite);
    }

    public ServerOptions withSeed(long seed) {
        return new ServerOptions(
                globalRound, numClients, sampleRatio, batchSize, seed, device, intraOpThreads, sumThreads, onNonFinite);
    }

    public ServerOptions withDevice(Device device) {
        return new ServerOptions(
                globalRound, numClients, sampleRatio, batchSize, seed, device, intraOpThreads, sumThreads, onNonFinite);
    }

    public ServerOptions withIntraOpThreads(int intraOpThreads) {
        return new ServerOptions(
                globalRound, numClients, sampleRatio, batchSize, seed, device, intraOpThreads, sumThreads, onNonFinite);
    }

    public ServerOptions withSumThreads(int sumThreads) {
        return new ServerOptions(
                globalRound, numClients, sampleRatio, batchSize, seed, device, intraOpThreads, sumThreads, onNonFinite);
    }

    public ServerOptions withOnNonFinite(NonFinitePolicy onNonFinite) {
        return new ServerOptions(
                globalRound, numClients, sampleRatio, batchSize, seed, device, intraOpThreads, sumThreads, onNonFinite);
    }

    /** Returns the number of clients that train in each round. */
    public int clientsPerRound() {
        return clientsPerRound(numClients, sampleRatio);
    }

    /**
     * Returns a share of {@code numClients}, rounded down as decimal numbers are: 0.29 of 100 is 29 and a third of 3 is
     * 1, although the nearest doubles are a little less.
     *
     * @throws IllegalArgumentException if a value is out of range, or the share is less than one client
     */
    public static int clientsPerRound(int numClients, double sampleRatio) {
        Arguments.require(numClients > 0, "too few clients: num_clients=" + numClients + ", limit=1 or more");
        Arguments.require(
                sampleRatio > 0 && sampleRatio <= 1,
                "sample ratio out of range: sample_ratio=" + sampleRatio + ", limit=above 0 and at most 1");
        int count = BigDecimal.valueOf(sampleRatio)
                .multiply(BigDecimal.valueOf(numClients))
                .setScale(DECIMALS, RoundingMode.HALF_EVEN)
                .intValue();
        Arguments.require(
                count > 0,
                "sample too small: sample_ratio=" + sampleRatio + ", num_clients=" + numClients
                        + ", limit=at least one client a round; raise the ratio");
        return count;
    }
}
