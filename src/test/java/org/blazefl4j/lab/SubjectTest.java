package org.blazefl4j.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SubjectTest {

    private final List<String> closed = new ArrayList<>();

    @Test
    void shouldCloseAllItOwnsTheLastFirstAlsoIfOneDoesNotClose() {
        Subject<Object, Object> subject = Subject.of(parts -> {
            parts.own(() -> closed.add("first"));
            parts.own(() -> {
                throw new IllegalStateException("broken");
            });
            parts.own(() -> closed.add("last"));
        });

        assertThatThrownBy(subject::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("broken");
        assertThat(closed).containsExactly("last", "first");
    }

    @Test
    void shouldCloseWhatItHasWhenAPartCannotBeMade() {
        assertThatThrownBy(() -> Subject.of(parts -> {
                    parts.own(() -> closed.add("made"));
                    throw new IllegalStateException("not made");
                }))
                .hasMessage("not made");
        assertThat(closed).containsExactly("made");
    }
}
