package org.blazefl4j.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Objects numbered one message after another, few and many, beside an {@link IdentityHashMap}. */
final class SeenObjectsTest {

    private static final int MOST = 80;

    @Property(tries = 300)
    void shouldNumberObjectsByIdentityAndForgetThem(
            @ForAll @Size(max = 4) List<@Size(max = 200) List<@IntRange(max = MOST - 1) Integer>> messages) {
        SeenObjects seen = new SeenObjects();
        for (List<Integer> message : messages) {
            String[] equal = new String[MOST];
            for (int i = 0; i < MOST; i++) {
                equal[i] = new String("the same text");
            }
            Map<Object, Integer> expected = new IdentityHashMap<>();
            for (int which : message) {
                Integer known = expected.putIfAbsent(equal[which], expected.size());

                assertThat(seen.number(equal[which])).isEqualTo(known == null ? -1 : known);
                assertThat(seen.size()).isEqualTo(expected.size());
                assertThat(seen.get(expected.get(equal[which]))).isSameAs(equal[which]);
            }
            seen.clear();
            assertThat(seen.size()).isZero();
        }
    }
}
