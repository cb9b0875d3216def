package org.blazefl4j.util;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ResourceStackTest {

    private final List<String> closed = new ArrayList<>();
    private final ResourceStack resources = new ResourceStack();

    @Test
    void shouldCloseResourcesInReverseOrderEvenIfOneFails() {
        resources.add(() -> closed.add("first"));
        resources.add(() -> {
            throw new IOException("broken");
        });
        resources.add(() -> closed.add("last"));

        assertThatThrownBy(resources::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("cannot close a resource: java.io.IOException: broken");
        assertThat(closed).containsExactly("last", "first");
    }

    @Test
    void shouldCloseEachResourceOnce() {
        resources.add(() -> closed.add("only"));

        resources.close();
        resources.close();

        assertThat(closed).containsExactly("only");
    }
}
