package org.blazefl4j.data;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Divides a data set among clients.
 *
 * <p>The same labels, number of clients and seed give the same parts on every machine and Java version. Every sample
 * goes to exactly one client, and every client gets at least one.
 */
@FunctionalInterface
public interface Partitioner {

    /**
     * Divides the samples with the given labels. Returns for each client the positions of its samples, ascending.
     *
     * @throws IllegalArgumentException if the request cannot be met, with what to change
     */
    List<long[]> partition(long[] labels, int numClients, long seed);

    /** Divides the samples with the given labels, int64 of shape [n]. */
    default List<long[]> partition(Tensor labels, int numClients, long seed) {
        return partition(Samples.toArray(labels), numClients, seed);
    }

    /** Shuffles all samples and cuts them into parts whose sizes differ by at most one, larger ones first. */
    static Partitioner iid() {
        return new IidPartitioner();
    }

    /**
     * Sorts the samples by label, cuts them into shards and deals each client the same number of shards at random, so
     * that a client sees few classes (H. B. McMahan et al.: Communication-Efficient Learning of Deep Networks from
     * Decentralized Data, AISTATS 2017, section 3).
     *
     * <p>Samples of one class keep their order. If the samples do not divide into equal shards, the first shards get
     * one sample more.
     *
     * @param number the number of shards, a multiple of the number of clients; the paper uses two per client
     * @throws IllegalArgumentException if it is below 1
     */
    static Partitioner shards(int number) {
        return new ShardPartitioner(number);
    }

    /**
     * Gives every client the same number of classes, and divides each class evenly among the clients that have it, so
     * that clients differ in classes and, less, in size ({@code noniid-#label} of Q. Li et al.: Federated Learning on
     * Non-IID Data Silos: An Experimental Study, ICDE 2022).
     *
     * <p>With K classes in the labels, client i has class i mod K, and others drawn uniformly. So there must be at
     * least as many clients as classes.
     *
     * @param perClient the number of classes of each client
     * @throws IllegalArgumentException if it is below 1
     */
    static Partitioner classes(int perClient) {
        return new ClassesPerClientPartitioner(perClient, ClassesPerClientPartitioner.Choice.ONE_IN_TURN);
    }

    /**
     * Gives client i the classes i·k, i·k + 1, ..., i·k + k - 1, modulo the number of classes, and divides each class
     * as {@link #classes}. So who has which classes does not depend on the seed, and neighbours share none until all
     * classes are dealt.
     *
     * @param perClient k, the number of classes of each client
     * @throws IllegalArgumentException if it is below 1
     */
    static Partitioner consecutiveClasses(int perClient) {
        return new ClassesPerClientPartitioner(perClient, ClassesPerClientPartitioner.Choice.CONSECUTIVE);
    }

    /**
     * Gives every client the same number of classes, all drawn uniformly, and divides each class as {@link #classes}.
     * Draws the classes of all clients again if a class has no client, and gives up after 1 000 draws.
     *
     * @param perClient the number of classes of each client
     * @throws IllegalArgumentException if it is below 1
     */
    static Partitioner randomClasses(int perClient) {
        return new ClassesPerClientPartitioner(perClient, ClassesPerClientPartitioner.Choice.RANDOM);
    }

    /**
     * Shuffles all samples and cuts them into parts of given proportions, with cuts rounded to whole samples: if the
     * numbers add up to that of the samples, they are the sizes.
     *
     * @param proportions one finite number above 0 for each client
     * @throws IllegalArgumentException if there is none, or one is out of range
     */
    static Partitioner sizes(double... proportions) {
        return SizePartitioner.given(proportions);
    }

    /**
     * Divides as {@link #sizes}, in proportions drawn from a Dirichlet distribution: clients differ in size alone
     * ({@code iid-diff-quantity} of Q. Li et al.: Federated Learning on Non-IID Data Silos: An Experimental Study, ICDE
     * 2022). A client that would have no sample gets one of the largest client's.
     *
     * @param alpha the concentration, 1e-6 to 1e6: small gives few clients nearly all samples, large divides evenly
     * @throws IllegalArgumentException if it is out of range
     */
    static Partitioner dirichletSizes(double alpha) {
        return SizePartitioner.dirichlet(alpha);
    }

    /**
     * Divides as {@link #sizes}, in proportions exp(N(0, sigma²)), so that sizes have a log-normal distribution. A
     * client that would have no sample gets one of the largest client's.
     *
     * @param sigma the standard deviation of the sizes' logarithms, 0 to 10: 0 divides evenly
     * @throws IllegalArgumentException if it is out of range
     */
    static Partitioner logNormalSizes(double sigma) {
        return SizePartitioner.logNormal(sigma);
    }

    /**
     * Divides each class in given proportions among the clients, in random order, with cuts rounded to whole samples.
     *
     * @param shares for each client, one number for each class, in label order: 0 or more, finite, and above 0 for a
     *     client of each class. Only those of one class are compared with each other
     * @throws IllegalArgumentException if rows differ in length, or a number is out of range
     */
    static Partitioner classShares(double[][] shares) {
        return ClassSharePartitioner.of(shares);
    }

    /**
     * Gives each client the samples of one owner, such as the person who wrote them, or of several: shuffles the owners
     * and cuts them into groups whose numbers differ by at most one, larger ones first. With as many clients as owners,
     * client i has the samples of the owner with the i-th smallest id, and the seed has no effect.
     *
     * @param owners the id of each sample's owner
     */
    static Partitioner owners(long[] owners) {
        return new OwnerPartitioner(owners.clone());
    }

    /**
     * Deals a part of all samples, drawn uniformly, evenly among the clients, and divides the others as another
     * partitioner does: the way from IID to it.
     *
     * @param iidShare the share of the samples that is dealt evenly, in [0, 1)
     * @param others divides the others, and gives every client at least one; not {@link #owners}, which knows all
     *     samples by their positions
     * @throws IllegalArgumentException if the share is out of range
     */
    static Partitioner mixed(double iidShare, Partitioner others) {
        return new MixedPartitioner(iidShare, others);
    }

    /** Divides as {@link #dirichlet(double, int)}, with at least one sample per client. */
    static Partitioner dirichlet(double alpha) {
        return dirichlet(alpha, 1);
    }

    /**
     * Divides each class among the clients in proportions drawn from a Dirichlet distribution, so that clients differ
     * in size and classes (M. Yurochkin et al.: Bayesian Nonparametric Federated Learning of Neural Networks, ICML
     * 2019, section 4).
     *
     * <p>Redraws the proportions of all classes until every client has the minimum number of samples, at most 1 000
     * times, and gives up after 10 if so many clients have too few that the remaining attempts would succeed with a
     * probability below 1e-8. Then deals out each class's samples in random order, with cuts rounded to whole samples.
     *
     * @param alpha the concentration, 1e-6 to 1e6: small gives each class to few clients, large divides evenly
     * @param minSize the minimum number of samples per client, 1 or more
     * @throws IllegalArgumentException if a number is out of range
     */
    static Partitioner dirichlet(double alpha, int minSize) {
        return new DirichletPartitioner(alpha, minSize, false);
    }

    /**
     * Divides as {@link #dirichlet(double, int)}, but a client that has its even share of all samples, n divided by the
     * number of clients, gets none of the classes that follow, in label order, and the others' proportions grow: sizes
     * differ less (Q. Li et al.: Federated Learning on Non-IID Data Silos: An Experimental Study, ICDE 2022; also in
     * the code of Yurochkin et al.).
     */
    static Partitioner cappedDirichlet(double alpha, int minSize) {
        return new DirichletPartitioner(alpha, minSize, true);
    }

    /**
     * Gives every client the same number of samples, with a class mixture drawn from a Dirichlet distribution (D. A. E.
     * Acar et al.: Federated Learning Based on Dynamic Regularization, ICLR 2021).
     *
     * <p>Clients take turns in id order. In each turn a client draws a class from its mixture and takes one random
     * sample of it, until it is full. Exhausted classes are skipped: the mixture continues with the remaining classes,
     * and a client whose whole mixture is exhausted draws in proportion to what is left. So every sample is assigned
     * exactly once, and the last turns follow the mixtures less closely than the first. If the samples do not divide
     * equally, the first clients get one more.
     *
     * <p>FedLab and Acar et al. treat exhausted classes in the same way. BlazeFL instead draws uniformly from the
     * remaining classes, lets clients take turns at random, and drops the samples that do not divide equally.
     *
     * @param alpha the concentration, 1e-6 to 1e6: small gives a client few classes, large all classes evenly
     * @throws IllegalArgumentException if it is out of range
     */
    static Partitioner balancedDirichlet(double alpha) {
        return new BalancedDirichletPartitioner(alpha);
    }
}
