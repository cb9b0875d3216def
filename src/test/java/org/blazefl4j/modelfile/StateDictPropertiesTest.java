package org.blazefl4j.modelfile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;

/** Any tensors by any names come back as they were. */
final class StateDictPropertiesTest {

    /** A tensor of a type and a shape, whose bytes are drawn from its name. */
    private static Tensor tensor(String name, ElementType type, List<Integer> shape) {
        long[] sizes = shape.stream().mapToLong(each -> each).toArray();
        int numel = Math.toIntExact(Arrays.stream(sizes).reduce(1, (a, b) -> a * b));
        byte[] bytes = new byte[numel * type.bytes()];
        new java.util.Random(name.hashCode()).nextBytes(bytes);
        if (type == ElementType.BOOL) {
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] &= 1;
            }
        }
        try (Tensor raw = Tensors.of(bytes)) {
            return TensorBytes.strided(raw, type, 0, sizes, TensorBytes.strides(sizes));
        }
    }

    @Property(tries = 150)
    void shouldComeBackAsTheyWere(
            @ForAll @Size(max = 6) Map<@StringLength(max = 12) String, ElementType> types,
            @ForAll @Size(max = 4) List<@IntRange(max = 5) Integer> shape,
            @ForAll boolean safetensors)
            throws IOException {
        LibTorch.load();
        Path file = Files.createTempFile("state", safetensors ? ".safetensors" : ".pt");
        try (StateDict state = new StateDict()) {
            types.keySet().removeIf(name -> name.equals(SafetensorsHeader.METADATA) || !isText(name));
            types.forEach((name, type) -> state.add(name, tensor(name, type, shape)));
            state.write(file);
            try (StateDict again = StateDict.read(file)) {
                assertThat(ModelFixtures.describe(again)).isEqualTo(ModelFixtures.describe(state));
                assertThat(again.tensors().keySet())
                        .containsExactlyElementsOf(state.tensors().keySet());
            }
        } finally {
            Files.delete(file);
        }
    }

    /** Half a surrogate pair is no text in UTF-8. */
    private static boolean isText(String name) {
        return name.codePoints().noneMatch(each -> Character.getType(each) == Character.SURROGATE);
    }
}
