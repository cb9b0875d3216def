package org.blazefl4j.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.blazefl4j.codec.ByteTensors;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SharedMemoryMap;
import org.blazefl4j.shm.TensorMemory;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Shared memory for states is reused, and never exceeds the states in flight. */
final class StateSegmentsTest {

    private static final int LARGE = 1 << 20;

    private final SharedMemoryMap map = new SharedMemoryMap();
    private final StateSegments states = new StateSegments(4, map);
    private PointerScope scope;

    @BeforeEach
    void open() {
        scope = new PointerScope();
    }

    @AfterEach
    void close() {
        scope.close();
        states.close();
    }

    @Test
    void shouldLeaveSmallStatesToTheMessage() {
        Tensor state = state(1 << 16, 7);
        try (Tensor sent = states.place(0, state)) {
            assertThat(sent.equal(state)).isTrue();
            assertThat(states.bytes()).isZero();
        }
    }

    @Test
    void shouldPlaceLargeStatesWithoutAnotherCopy() {
        Tensor state = state(LARGE, 7);
        try (Tensor sent = states.place(0, state)) {
            assertThat(sent.equal(state)).isTrue();
            assertThat(map.find(TensorMemory.address(sent), LARGE)).isNotNull();
            assertThat(states.bytes()).isEqualTo(LARGE);
        }
    }

    @Test
    void shouldReuseTheMemoryOfFinishedJobs() {
        states.place(0, state(LARGE, 1)).close();
        states.place(1, state(LARGE, 2)).close();
        assertThat(states.bytes()).isEqualTo(2 * LARGE);
        states.release(0);
        try (Tensor sent = states.place(2, state(LARGE - 5, 3))) {
            assertThat(sent.equal(state(LARGE - 5, 3))).isTrue();
        }
        states.place(1, state(LARGE, 4)).close();
        assertThat(states.bytes()).as("a reused lane has at most one").isEqualTo(2 * LARGE);
        states.release(1);
        states.place(3, state(2 * LARGE, 5)).close();
        assertThat(states.bytes()).as("segments that are too small are freed").isEqualTo(3 * LARGE);
    }

    @Test
    void shouldReserveRoomForNewStatesAsLargeAsTheLargest() {
        assertThat(states.room(0)).as("no client has kept a state").isNull();
        states.noteSize(LARGE);
        Segment room = states.room(0);
        assertThat(room).isNotNull().isSameAs(states.room(0)).isSameAs(states.of(0));
        assertThat(room.bytes()).isEqualTo(LARGE);
        states.release(0);
        assertThat(states.of(0)).isNull();
        states.place(1, state(LARGE - 5, 1)).close();
        assertThat(states.room(1)).as("where the state lies that it replaces").isSameAs(room);
        assertThat(states.bytes()).isEqualTo(LARGE);
    }

    @Test
    void shouldLimitStatesInFlightByTheLargest() {
        assertThat(states.leavesRoomFor(1000)).isTrue();
        states.place(0, state(LARGE, 1)).close();
        assertThat(states.leavesRoomFor(64)).isTrue();
        assertThat(states.leavesRoomFor(65)).isFalse();
        states.noteSize(40 * LARGE);
        assertThat(states.leavesRoomFor(1)).isTrue();
        assertThat(states.leavesRoomFor(2)).isFalse();
    }

    private static Tensor state(int bytes, int value) {
        Tensor state = ByteTensors.empty(bytes);
        byte[] values = new byte[bytes];
        Arrays.fill(values, (byte) value);
        ByteTensors.buffer(state, 0, bytes).put(values);
        return state;
    }
}
