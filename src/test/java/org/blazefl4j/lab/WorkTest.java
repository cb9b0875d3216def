package org.blazefl4j.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.util.ResourceStack;
import org.junit.jupiter.api.Test;

final class WorkTest {

    private final List<String> closed = new ArrayList<>();

    /** Work whose second part cannot be made. */
    private final class Broken extends Work {

        @Override
        public String kind() {
            return "broken";
        }

        @Override
        public String size() {
            return "0 floats";
        }

        @Override
        Subject<?, ?> open(LabCase which, int rounds, ProcessOptions process, ResourceStack resources) {
            resources.add(() -> closed.add("made"));
            throw new IllegalStateException("not made");
        }
    }

    @Test
    void shouldCloseWhatItHasWhenAPartCannotBeMade() {
        LabCase which = new LabCase(new Broken(), ExecutionMode.SINGLE_THREADED, 1, 1);

        assertThatThrownBy(() -> which.work().open(which, 1, ProcessOptions.defaults()))
                .hasMessage("not made");
        assertThat(closed).containsExactly("made");
    }
}
