package org.blazefl4j.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import org.blazefl4j.codec.TensorLayout;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.shm.SharedMemoryMap;
import org.blazefl4j.shm.SharedMemoryMap.Place;
import org.blazefl4j.shm.TensorMemory;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SharedTensorsTest {

    private final SharedMemoryMap map = new SharedMemoryMap();
    private final SharedTensors shared = new SharedTensors(map);

    @AfterEach
    void close() {
        shared.close();
    }

    private void share(Tensor... tensors) {
        shared.share(TensorWalk.tensors(tensors));
    }

    private Place place(Tensor tensor) {
        return map.find(TensorMemory.address(tensor), tensor.nbytes());
    }

    @Test
    void shouldCopyTensorsSharedTogetherIntoOneSegment() {
        try (PointerScope scope = new PointerScope()) {
            List<Tensor> tensors =
                    IntStream.range(0, 50).mapToObj(i -> torch.rand(i + 1)).toList();
            shared.share(TensorWalk.tensors(tensors));
            for (Tensor tensor : tensors) {
                Place place = place(tensor);
                assertThat(place.lasting()).isTrue();
                assertThat(place.segment()).isSameAs(place(tensors.get(0)).segment());
                assertThat(place.segment()
                                .tensor(place.offset(), TensorLayout.of(tensor))
                                .equal(tensor))
                        .isTrue();
            }
        }
    }

    @Test
    void shouldShareNothingTwice() {
        try (PointerScope scope = new PointerScope()) {
            Tensor whole = torch.rand(100);
            share(whole.narrow(0, 0, 10), whole, whole.narrow(0, 0, 20));
            Place first = place(whole);
            share(whole, whole.narrow(0, 50, 10));
            assertThat(place(whole)).isEqualTo(first);
            assertThat(place(whole.narrow(0, 50, 10))).isEqualTo(new Place(first.segment(), 200, true));
        }
    }

    @Test
    void shouldNotShareScatteredOrEmptyTensors() {
        try (PointerScope scope = new PointerScope()) {
            Tensor everyOther = torch.rand(4, 4).narrow(1, 0, 2);
            share(everyOther, torch.empty(0));
            assertThat(place(everyOther)).isNull();
        }
    }

    @Test
    void shouldForgetTensorsWithoutOtherReferences() {
        try (Tensor kept = torch.rand(10);
                Tensor more = torch.rand(1000)) {
            Tensor gone = torch.rand(100);
            Tensor view = gone.narrow(0, 90, 10);
            long address = TensorMemory.address(gone);
            share(kept, view, gone);
            assertThat(map.find(address, 400)).isNotNull();
            gone.close();
            view.close();

            shared.forgetUnused();
            share(more);
            assertThat(map.find(address, 400)).isNull();
            assertThat(map.removals()).isEqualTo(2);
            assertThat(place(kept)).isNotNull();
            assertThat(place(more)).isNotNull();
        }
    }

    @Test
    void shouldForgetTensorsSharedByNameAndKeepTheirCopy() {
        Tensor tensor = torch.rand(100);
        long address = TensorMemory.address(tensor);
        shared.share("data", tensor).close();
        tensor.close();

        shared.forgetUnused();
        assertThat(map.find(address, 400)).isNull();
        assertThat(place(shared.byName().get("data"))).isNotNull();
    }

    @Test
    void shouldEventuallyCheckAllTensors() {
        Tensor[] tensors = IntStream.range(0, 100).mapToObj(i -> torch.rand(10)).toArray(Tensor[]::new);
        share(tensors);
        for (Tensor tensor : tensors) {
            tensor.close();
        }
        while (map.removals() < tensors.length) {
            int before = map.removals();
            shared.forgetUnused();
            assertThat(map.removals()).isGreaterThan(before);
        }
    }

    @Test
    void shouldForgetAsMuchAsIsNewlySharedWithoutARound() {
        for (int generation = 0; generation < 50; generation++) {
            Tensor[] tensors =
                    IntStream.range(0, 30).mapToObj(i -> torch.rand(10)).toArray(Tensor[]::new);
            share(tensors);
            for (Tensor tensor : tensors) {
                tensor.close();
            }
        }
        assertThat(map.removals()).isGreaterThan(48 * 30);
    }

    @Test
    void shouldKeepBothWhenATensorIsSharedAgainUnderAnotherName() {
        try (Tensor tensor = torch.rand(10);
                Tensor first = shared.share("first", tensor);
                Tensor second = shared.share("second", first)) {
            assertThat(place(first).segment()).isNotSameAs(place(second).segment());
        }
        shared.forgetUnused();
        assertThat(place(shared.byName().get("first"))).isNotNull();
        assertThat(place(shared.byName().get("second"))).isNotNull();
    }

    @Test
    void shouldDivideLargeTensorsAmongSegments() {
        try (Tensor one = torch.zeros(10 << 20);
                Tensor other = torch.zeros(10 << 20);
                Tensor small = torch.zeros(1)) {
            share(one, other, small);
            assertThat(place(one).segment()).isNotSameAs(place(other).segment());
            assertThat(place(small).segment()).isSameAs(place(other).segment());
        }
    }

    @Test
    void shouldNameThePlaceOfATensorThatCannotBeShared() {
        Tensor closed = torch.zeros(1);
        closed.close();
        try (Tensor open = torch.zeros(1)) {
            assertThatThrownBy(() -> share(open, closed))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("cannot cross: path=[1], type=closed Tensor, expected=open tensors");
        }
    }
}
