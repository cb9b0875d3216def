package org.blazefl4j.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;

/** A decoder uses the constant records of earlier messages again. */
class KnownRecordsTest {

    private final PackageEncoder encoder = new PackageEncoder();
    private final PackageDecoder decoder = new PackageDecoder(KnownRecordsTest.class.getClassLoader());

    record Rate(double value) {}

    record Options(Rate rate, String name, Optional<Integer> epochs) {}

    record Lists(List<Integer> numbers) {}

    record Inner(Options options, List<Integer> numbers) {}

    record Holder(Inner inner) {}

    record Config(int client, Object options, Object other) {}

    private static Options options(double rate) {
        return new Options(new Rate(rate), "sgd", Optional.of(5));
    }

    private Config cross(int client, Object options, Object other) {
        return (Config) cross(new Config(client, options, other));
    }

    private Object cross(Object graph) {
        return decoder.decode(ByteBuffer.wrap(HeapStore.bytes(encoder.encode(graph, null))), null);
    }

    @Test
    void shouldUseEqualConstantsAgain() {
        Config first = cross(1, options(0.1), "a");
        Config second = cross(2, options(0.1), "b");
        assertThat(second).isEqualTo(new Config(2, options(0.1), "b"));
        assertThat(second.options()).isSameAs(first.options());
    }

    @Test
    void shouldReadOtherConstants() {
        cross(1, options(0.1), null);
        assertThat(cross(2, options(0.2), null).options()).isEqualTo(options(0.2));
        assertThat(cross(3, new Rate(0.2), null).options()).isEqualTo(new Rate(0.2));
        assertThat(cross(4, null, null).options()).isNull();
        assertThat(cross(5, options(0.2), null).options()).isEqualTo(options(0.2));
    }

    @Test
    void shouldGiveUpWhatAlwaysVaries() {
        for (int client = 0; client < 100; client++) {
            cross(client, options(client), null);
        }
        Object first = cross(1, options(0.1), null).options();
        assertThat(cross(1, options(0.1), null).options()).isEqualTo(first).isNotSameAs(first);
    }

    @Test
    void shouldKeepWhatVariesNowAndThen() {
        for (int round = 0; round < 100; round++) {
            Object first = cross(1, options(round), null).options();
            assertThat(cross(2, options(round), null).options()).isSameAs(first);
        }
    }

    @Test
    void shouldNotUseAgainWhatCanChange() {
        Config first = cross(1, new Lists(new ArrayList<>(List.of(1))), null);
        ((Lists) first.options()).numbers().add(2);
        Config second = cross(2, new Lists(new ArrayList<>(List.of(1))), null);
        assertThat(second.options()).isEqualTo(new Lists(List.of(1)));
    }

    private static Object mixed() {
        return new Holder(new Inner(options(0.1), List.of(1)));
    }

    @Test
    void shouldUseConstantsInWhatCanChangeAgain() {
        cross(mixed()); // holds a list, so that from now on its parts are looked at
        Inner first = ((Holder) cross(mixed())).inner();
        Inner second = ((Holder) cross(mixed())).inner();
        assertThat(second.options()).isSameAs(first.options());
        assertThat(second).isNotSameAs(first).isEqualTo(first);
    }

    @Test
    void shouldKeepReferencesToAndPastAKnownRecord() {
        for (int client = 0; client < 3; client++) {
            Options options = options(0.1);
            String last = "last " + client;
            Config config = cross(client, options, List.of(options, options.name(), last, last));
            List<?> other = (List<?>) config.other();
            assertThat(other.get(0)).isSameAs(config.options());
            assertThat(other.get(1)).isSameAs(((Options) config.options()).name());
            assertThat(other.get(3)).isEqualTo(last).isSameAs(other.get(2));
        }
    }

    @Test
    void shouldNotTakeAReferenceForWhatItReferredToBefore() {
        String shared = "shared";
        cross(1, shared, new Optional<?>[] {Optional.of(shared)});
        for (int client = 0; client < 3; client++) {
            String own = "client " + client;
            Config config = cross(client, own, new Config(0, own, null));
            assertThat(((Config) config.other()).options())
                    .isSameAs(config.options())
                    .isEqualTo(own);
        }
    }

    @Test
    void shouldKeepObjectsOfAMessageApart() {
        for (int i = 0; i < 3; i++) {
            List<?> list = (List<?>) cross(IntStream.range(0, 4)
                    .mapToObj(client -> new Config(client, options(0.1), options(0.1)))
                    .toList());
            List<Object> all = new ArrayList<>();
            for (Object element : list) {
                Config config = (Config) element;
                all.addAll(List.of(config.options(), config.other()));
                all.addAll(List.of(((Options) config.options()).rate(), ((Options) config.other()).rate()));
            }
            assertThat(all.stream().map(System::identityHashCode).distinct()).hasSize(all.size());
        }
    }

    @Test
    void shouldReadNumbersOfClassesThatWereNamedBefore() {
        cross(1, new Rate(1), new Rate(2));
        assertThat(cross(2, new Lists(List.of()), new Rate(2)))
                .isEqualTo(new Config(2, new Lists(List.of()), new Rate(2)));
        assertThat(cross(3, options(1), new Rate(2))).isEqualTo(new Config(3, options(1), new Rate(2)));
        assertThat(cross(4, new Rate(1), new Rate(2))).isEqualTo(new Config(4, new Rate(1), new Rate(2)));
    }

    @Test
    void shouldFillMapsWhoseKeysWaitForAKnownRecord() {
        for (int i = 0; i < 3; i++) {
            Options options = options(0.1);
            Config config = cross(1, Map.of(options, 1), options);
            assertThat(config).isEqualTo(new Config(1, Map.of(options, 1), options));
        }
    }

    @Provide
    Arbitrary<List<GraphRecipe>> recipes() {
        return GraphRecipe.any().list().ofMinSize(2).ofMaxSize(4);
    }

    @Property(tries = 500)
    @SuppressWarnings("try")
    void shouldDecodeAsADecoderWithoutMemory(@ForAll("recipes") List<GraphRecipe> recipes) {
        try (PointerScope scope = new PointerScope()) {
            for (int times = 0; times < 2; times++) {
                for (GraphRecipe recipe : recipes) {
                    List<Object> pool = recipe.build();
                    if (!CodecPropertiesTest.isRefused(pool)) {
                        Object sent = pool.get(pool.size() - 1);
                        HeapStore store = new HeapStore();
                        byte[] message = HeapStore.bytes(encoder.encode(sent, store));
                        CodecPropertiesTest.assertSameGraph(sent, decoder.decode(ByteBuffer.wrap(message), store));
                    }
                }
            }
        }
    }
}
