package org.blazefl4j.binding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class RetainingScopeTest {

    @AfterEach
    void shouldLeaveNoScopeBehind() {
        assertThat(PointerScope.getInnerScope()).isNull();
    }

    @Test
    void shouldFreePointersCreatedInIt() {
        LongPointer pointer;
        try (RetainingScope scope = new RetainingScope()) {
            pointer = new LongPointer(1);
            assertThat(scope.holds(pointer)).isTrue();
            assertThat(pointer.isNull()).isFalse();
        }
        assertThat(pointer.isNull()).isTrue();
    }

    @Test
    void shouldReleaseAPointerThatThenLivesUntilClosed() {
        LongPointer pointer;
        try (RetainingScope scope = new RetainingScope()) {
            pointer = new LongPointer(1);
            assertThat(scope.release(pointer)).isTrue();
            assertThat(scope.holds(pointer)).isFalse();
            assertThat(scope.release(pointer)).isFalse();
        }
        assertThat(pointer.isNull()).isFalse();
        pointer.close();
        assertThat(pointer.isNull()).isTrue();
    }

    @Test
    void shouldDistinguishPointersToTheSameAddress() {
        try (RetainingScope scope = new RetainingScope()) {
            LongPointer first = new LongPointer(2);
            LongPointer same = new LongPointer(first);
            assertThat(same).isEqualTo(first);
            assertThat(scope.release(first)).isTrue();
            assertThat(first.isNull()).isFalse();
            first.close();
        }
    }

    @Test
    void shouldDetachLikeEveryScope() {
        try (RetainingScope scope = new RetainingScope()) {
            LongPointer pointer = new LongPointer(1);
            scope.detach(pointer);
            assertThat(pointer.isNull()).isTrue();
            assertThat(scope.holds(pointer)).isFalse();
        }
    }

    @Test
    void shouldCollectNothingAfterLeavingAndFreeWhenClosed() {
        RetainingScope scope = new RetainingScope();
        LongPointer inside = new LongPointer(1);
        scope.leave();
        LongPointer outside = new LongPointer(1);

        scope.close();

        assertThat(inside.isNull()).isTrue();
        assertThat(outside.isNull()).isFalse();
        outside.close();
    }

    @Test
    void shouldCloseForgottenInnerScopes() {
        LongPointer forgotten;
        try (RetainingScope scope = new RetainingScope()) {
            PointerScope inner = new PointerScope();
            forgotten = new LongPointer(1);
            assertThat(PointerScope.getInnerScope()).isSameAs(inner);
            assertThat(scope.holds(forgotten)).isFalse();
        }
        assertThat(forgotten.isNull()).isTrue();
    }

    @Test
    void shouldLeaveOuterScopesAlone() {
        try (PointerScope outer = new PointerScope()) {
            RetainingScope scope = new RetainingScope();
            scope.leave();
            LongPointer pointer = new LongPointer(1);
            scope.close();
            assertThat(PointerScope.getInnerScope()).isSameAs(outer);
            assertThat(pointer.isNull()).isFalse();
        }
    }

    @Test
    void shouldGiveAnObjectItsAllocatedMemory() {
        LongPointer[] helper = new LongPointer[1];
        LongPointer made;
        try (PointerScope step = new PointerScope()) {
            made = Retained.free(() -> {
                helper[0] = new LongPointer(1);
                return new LongPointer(1);
            });
            assertThat(helper[0].isNull()).isTrue();
        }
        assertThat(made.isNull()).as("lives on after the caller's scope").isFalse();
        made.close();
    }

    @Test
    void shouldFreePointersOfAFailedSupplier() {
        LongPointer[] made = new LongPointer[1];

        assertThatThrownBy(() -> Retained.make(() -> {
                    made[0] = new LongPointer(1);
                    throw new IllegalStateException("broken");
                }))
                .hasMessage("broken");

        assertThat(made[0].isNull()).isTrue();
    }
}
