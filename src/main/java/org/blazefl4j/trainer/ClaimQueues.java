package org.blazefl4j.trainer;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The clients of a round that workers have yet to claim, in list order: in one queue, or in one for each group of
 * workers, which compute on the same devices. Worker w belongs to the group {@code w % groups}. There is no lock.
 */
final class ClaimQueues {

    /** No position. */
    static final int NOTHING = -1;

    private final Queue[] queues;

    /** The place of each client in its queue; null if there is one queue. */
    private final Place @Nullable [] places;

    private record Place(int group, int rank) {}

    /** The clients of a group. */
    private static final class Queue {

        private final int length;
        private final int @Nullable [] positions;

        /** The number of claimed clients; after the end, its complement. */
        private final AtomicInteger next = new AtomicInteger();

        /** Queues clients at some positions; null stands for all. */
        Queue(int length, int @Nullable [] positions) {
            this.length = length;
            this.positions = positions;
        }

        /** Returns the position at a place in this queue if it is below a limit. */
        int at(int place, int limit) {
            if (place < 0 || place >= length) {
                return NOTHING;
            }
            int position = positions == null ? place : positions[place];
            return position < limit ? position : NOTHING;
        }

        int claim(int limit) {
            while (true) {
                int place = next.get();
                int position = at(place, limit);
                if (position == NOTHING || next.compareAndSet(place, place + 1)) {
                    return position;
                }
            }
        }

        int claimed() {
            int place = next.get();
            return place < 0 ? ~place : place;
        }
    }

    /** Queues a number of clients for all workers. */
    ClaimQueues(int size) {
        this.queues = new Queue[] {new Queue(size, null)};
        this.places = null;
    }

    /**
     * Queues clients for groups of workers.
     *
     * @param groups the group of each client, by position in the list
     * @param count the number of groups, 1 or more
     */
    ClaimQueues(int[] groups, int count) {
        int[] lengths = new int[count];
        this.places = new Place[groups.length];
        for (int position = 0; position < groups.length; position++) {
            places[position] = new Place(groups[position], lengths[groups[position]]++);
        }
        this.queues = IntStream.range(0, count)
                .mapToObj(group -> IntStream.range(0, groups.length)
                        .filter(position -> groups[position] == group)
                        .toArray())
                .map(positions -> new Queue(positions.length, positions))
                .toArray(Queue[]::new);
    }

    private Queue of(int worker) {
        return queues[worker % queues.length];
    }

    /** Returns whether a worker can claim a client below a position. */
    boolean hasWork(int worker, int limit) {
        Queue queue = of(worker);
        return queue.at(queue.next.get(), limit) != NOTHING;
    }

    /** Claims a worker's next client below a position. Returns its position, or {@link #NOTHING} if there is none. */
    int claim(int worker, int limit) {
        return of(worker).claim(limit);
    }

    /** Lets nobody claim any more. */
    void end() {
        Stream.of(queues).forEach(queue -> queue.next.updateAndGet(place -> place < 0 ? place : ~place));
    }

    /** Returns whether nobody can claim any more. */
    boolean isEnded() {
        return queues[queues.length - 1].next.get() < 0; // the last one that ends
    }

    /** Returns whether a client is claimed. */
    boolean isClaimed(int position) {
        Place place = places == null ? new Place(0, position) : places[position];
        return place.rank() < queues[place.group()].claimed();
    }

    /** Returns the number of claimed clients. */
    int claimed() {
        int sum = 0;
        for (Queue queue : queues) {
            sum += queue.claimed();
        }
        return sum;
    }
}
