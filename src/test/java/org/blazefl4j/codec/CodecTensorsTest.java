package org.blazefl4j.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.codec.HeapStore.cross;
import static org.bytedeco.pytorch.global.torch.arange;
import static org.bytedeco.pytorch.global.torch.empty;
import static org.bytedeco.pytorch.global.torch.empty_strided;
import static org.bytedeco.pytorch.global.torch.quantize_per_tensor;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.blazefl4j.data.Batch;
import org.blazefl4j.torch.Unbounded;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests which properties tensors keep when they cross, and which tensors are refused. */
class CodecTensorsTest {

    record One(Tensor value) {}

    record Pair(Tensor left, Tensor right) {}

    record Update(int cid, Tensor parameters, @Unbounded Tensor logits, Map<String, Tensor> metadata) {}

    static class Bag {
        final @Unbounded List<Tensor> rows;
        final Tensor[] fixed;
        final Optional<One> inner;

        Bag(List<Tensor> rows, Tensor[] fixed, Optional<One> inner) {
            this.rows = rows;
            this.fixed = fixed;
            this.inner = inner;
        }
    }

    private final HeapStore store = new HeapStore();
    private PointerScope scope;

    @BeforeEach
    void openScope() {
        scope = new PointerScope();
    }

    @AfterEach
    void closeScope() {
        store.close();
        scope.close();
    }

    private static Tensor counted(ScalarType dtype, long... sizes) {
        long numel = Arrays.stream(sizes).reduce(1, (a, b) -> a * b);
        return arange(new Scalar(numel)).view(sizes).to(dtype);
    }

    private static byte[] bits(Tensor tensor) {
        Tensor contiguous = tensor.contiguous();
        byte[] bits = new byte[(int) contiguous.nbytes()];
        if (bits.length > 0) {
            new BytePointer(contiguous.data_ptr()).get(bits);
        }
        return bits;
    }

    private static long[] strides(Tensor tensor) {
        long[] strides = new long[(int) tensor.dim()];
        Arrays.setAll(strides, tensor::stride);
        return strides;
    }

    private static long[] sizes(Tensor tensor) {
        long[] sizes = new long[(int) tensor.dim()];
        Arrays.setAll(sizes, tensor::size);
        return sizes;
    }

    static Stream<ScalarType> dtypesThatCross() {
        return Stream.of(ScalarType.values()).filter(type -> ElementTypes.bytes(type) > 0);
    }

    @ParameterizedTest
    @MethodSource("dtypesThatCross")
    void shouldKeepTheBitsOfEveryDtype(ScalarType dtype) {
        Tensor tensor = empty(new long[] {3, 5}, new TensorOptions(dtype), null);
        BytePointer bytes = new BytePointer(tensor.data_ptr());
        int length = (int) tensor.nbytes();
        for (int i = 0; i < length; i++) {
            bytes.put(i, (byte) (dtype == ScalarType.Bool ? i % 2 : 37 * i + 11));
        }

        Tensor arrived = cross(tensor);

        assertThat(ElementTypes.bytes(dtype)).isEqualTo((int) tensor.element_size());
        assertThat(arrived.scalar_type().intern()).isEqualTo(dtype);
        assertThat(sizes(arrived)).containsExactly(3, 5);
        assertThat(bits(arrived)).isEqualTo(bits(tensor));
    }

    @Test
    void shouldSupportTheDtypesOfPyTorchsUsers() {
        assertThat(dtypesThatCross())
                .contains(
                        ScalarType.Bool,
                        ScalarType.Byte,
                        ScalarType.Char,
                        ScalarType.Short,
                        ScalarType.Int,
                        ScalarType.Long,
                        ScalarType.Half,
                        ScalarType.BFloat16,
                        ScalarType.Float,
                        ScalarType.Double,
                        ScalarType.ComplexHalf,
                        ScalarType.ComplexFloat,
                        ScalarType.ComplexDouble,
                        ScalarType.UInt16,
                        ScalarType.UInt32,
                        ScalarType.UInt64,
                        ScalarType.Float8_e4m3fn,
                        ScalarType.Float8_e5m2);
    }

    @Test
    void shouldKeepEmptyTensorsAndScalars() {
        assertThat(sizes(cross(empty(0)))).containsExactly(0);
        assertThat(sizes(cross(empty(3, 0, 2)))).containsExactly(3, 0, 2);
        Tensor scalar = cross(counted(ScalarType.Double, 1).view());
        assertThat(scalar.dim()).isZero();
        assertThat(scalar.item_double()).isZero();
    }

    private record Strided(String name, UnaryOperator<Tensor> view, boolean kept) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Strided> views() {
        return Stream.of(
                new Strided("contiguous", t -> t, true),
                new Strided("channels last", t -> t.contiguous(MemoryFormat.ChannelsLast), true),
                new Strided("transposed", t -> t.transpose(0, 3), true),
                new Strided("permuted", t -> t.permute(2, 0, 3, 1), true),
                new Strided("first samples", t -> t.narrow(0, 1, 1), true),
                new Strided("columns", t -> t.narrow(3, 1, 2), false),
                new Strided("one column", t -> t.narrow(3, 1, 1), false),
                new Strided("expanded", t -> t.narrow(0, 0, 1).expand(4, 3, 4, 5), false),
                new Strided("every second", t -> t.slice(2, new LongOptional(0), new LongOptional(4), 2), false),
                new Strided("overlapping", t -> t.as_strided(new long[] {4, 4}, 1, 1), false));
    }

    @ParameterizedTest
    @MethodSource("views")
    void shouldKeepDenseStridesAndMakeOthersContiguous(Strided strided) {
        Tensor view = strided.view.apply(counted(ScalarType.Float, 2, 3, 4, 5));

        Tensor arrived = (Tensor) store.crossWith(view);

        assertThat(sizes(arrived)).isEqualTo(sizes(view));
        assertThat(arrived.equal(view)).isTrue();
        assertThat(strides(arrived)).isEqualTo(strided.kept ? strides(view) : TensorLayout.contiguous(sizes(view)));
        assertThat(arrived.is_non_overlapping_and_dense()).isTrue();
    }

    @Test
    void shouldCarryOnlyAViewsElements() {
        Tensor row = counted(ScalarType.Long, 1000, 10).narrow(0, 500, 1);
        TensorLayout layout = TensorLayout.of(row);
        assertThat(layout.bytes()).isEqualTo(80);
        assertThat(cross(row).equal(row)).isTrue();
    }

    @Test
    void shouldReplaceTheUnusedStrideOfADimensionOfOne() {
        Tensor column = counted(ScalarType.Float, 100, 5).as_strided(new long[] {1, 5}, 400, 1);
        TensorLayout layout = TensorLayout.of(column);
        assertThat(layout.strides()).containsExactly(5, 1);
        assertThat(layout.isContiguous()).isTrue();
    }

    @Test
    void shouldArriveAsOneObjectIfATensorOccursTwice() {
        Tensor shared = counted(ScalarType.Float, 4);
        Pair arrived = (Pair) store.crossWith(new Pair(shared, shared));
        assertThat(arrived.left).isSameAs(arrived.right);
        assertThat(store.paths).containsExactly("left");
    }

    @Test
    void shouldCarryRecordsThatCloseTheirTensors() {
        Batch batch = new Batch(counted(ScalarType.Float, 4), null);
        try (Batch arrived = cross(batch)) {
            assertThat(arrived.x().equal(batch.x())).isTrue();
            assertThat(arrived.y()).isNull();
        }
        assertThat(batch.x().isNull()).isFalse();
    }

    static class Named extends Tensor {
        Named(Tensor tensor) {
            super(tensor);
        }
    }

    record Special(Named value) {}

    @Test
    void shouldArriveAsATensorFromAnySubclass() {
        Named named = new Named(counted(ScalarType.Float, 4));
        assertThat(cross(new One(named)).value).isExactlyInstanceOf(Tensor.class);
        assertThatThrownBy(() -> cross(new Special(named)))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage("cannot cross: path=value, type=" + Named.class.getName()
                        + ", expected=places that can hold the"
                        + " org.bytedeco.pytorch.Tensor that arrives; declare it as org.bytedeco.pytorch.Tensor or a"
                        + " supertype of it");
    }

    @Test
    void shouldNotKeepOverlapBetweenDifferentTensors() {
        Tensor base = counted(ScalarType.Float, 4);
        Pair arrived = cross(new Pair(base, base.narrow(0, 0, 2)));
        arrived.left.zero_();
        assertThat(arrived.right.sum().item_float()).isEqualTo(1);
    }

    @Test
    void shouldArriveDetached() {
        Tensor leaf = counted(ScalarType.Float, 4).set_requires_grad(true);
        assertThat(cross(leaf).requires_grad()).isFalse();
        assertThat(cross(leaf.mul(new Scalar(2))).requires_grad()).isFalse();
    }

    @Test
    void shouldPlaceEachTensorByPathAndPassOnUnbounded() {
        Tensor[] t = new Tensor[6];
        Arrays.setAll(t, i -> counted(ScalarType.Float, i + 1));
        Map<String, Tensor> metadata = new LinkedHashMap<>();
        metadata.put("loss", t[2]);
        metadata.put("none", null);
        store.crossWith(List.of(
                new Update(3, t[0], t[1], metadata),
                new Bag(List.of(t[3]), new Tensor[] {null, t[4]}, Optional.of(new One(t[5])))));
        assertThat(store.paths)
                .containsExactly(
                        "[0].parameters",
                        "[0].logits",
                        "[0].metadata[loss]",
                        "[1].rows[0]",
                        "[1].fixed[1]",
                        "[1].inner.get().value");
        assertThat(store.unboundedPaths).containsExactly("[0].logits", "[1].rows[0]");
    }

    @Test
    void shouldNameTheRootAndFieldsOfTheRoot() {
        store.crossWith(counted(ScalarType.Float, 1));
        store.crossWith(new One(counted(ScalarType.Float, 1)));
        assertThat(store.paths).containsExactly("(root)", "value");
    }

    @ParameterizedTest
    @EnumSource(
            value = ScalarType.class,
            names = {"QInt8", "QUInt8", "QInt32"})
    void shouldRefuseQuantizedTensors(ScalarType dtype) {
        Tensor quantized = quantize_per_tensor(counted(ScalarType.Float, 4), 0.1, 0, dtype);
        assertRefused(
                quantized,
                "type=Tensor of dtype " + dtype
                        + ", expected=dtypes of whole bytes that are not quantized; convert it with to(...) or dequantize()");
    }

    @Test
    void shouldRefuseTensorsWithoutMemory() {
        assertRefused(
                counted(ScalarType.Float, 4).to_sparse(),
                "type=Tensor with layout Sparse, expected=dense tensors; send to_dense() or its parts");
        Tensor meta = empty(new long[] {2}, new TensorOptions().device(new DeviceOptional(new Device("meta"))), null);
        assertRefused(meta, "type=Tensor on meta, expected=tensors on the CPU; move it there with cpu()");
        assertRefused(new Tensor(), "type=undefined Tensor, expected=defined tensors; use null, or a tensor of size 0");
        Tensor closed = counted(ScalarType.Float, 4);
        closed.close();
        assertRefused(closed, "type=closed Tensor, expected=open tensors; close it after sending it, not before");
    }

    private void assertRefused(Tensor tensor, String why) {
        assertThatThrownBy(() -> new PackageEncoder().encode(new One(tensor), store))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage("cannot cross: path=value, " + why);
        assertThatThrownBy(() -> TensorLayout.of(tensor)).hasMessage("cannot cross: " + why);
    }

    @Test
    void shouldCloseResolvedTensorsIfDecodingFailsLater() {
        Pair pair = new Pair(counted(ScalarType.Float, 4), counted(ScalarType.Float, 5));
        byte[] message = HeapStore.bytes(new PackageEncoder().encode(pair, store));
        PackageDecoder decoder = new PackageDecoder(getClass().getClassLoader());
        TensorResolver failing = handle -> {
            if (handle.layout().sizes()[0] == 5) {
                throw new IllegalStateException("segment gone");
            }
            return store.resolve(handle);
        };
        assertThatThrownBy(() -> decoder.decode(ByteBuffer.wrap(message), failing))
                .isExactlyInstanceOf(IllegalStateException.class)
                .hasMessage("segment gone");
        assertThat(store.handedOut).hasSize(1).allMatch(tensor -> tensor.isNull());
        Pair arrived = (Pair) decoder.decode(ByteBuffer.wrap(message), store);
        assertThat(arrived.right.equal(pair.right)).isTrue();
    }

    @Test
    void shouldRefuseTensorsInPlacesWithoutTensors() {
        One one = new One(counted(ScalarType.Float, 4));
        assertThatThrownBy(() -> new PackageEncoder().encode(one, null))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "cannot cross: path=value, type=org.bytedeco.pytorch.Tensor, expected=no tensors here; send them in a"
                                + " package");
        ByteBuffer message = new PackageEncoder().encode(one, store);
        assertThatThrownBy(() -> new PackageDecoder(getClass().getClassLoader()).decode(message, null))
                .isExactlyInstanceOf(PackageFormatException.class)
                .hasMessage("unexpected tensor: handle=ShmHandle[segment=7, generation=3, offset=0, layout=Float[4]"
                        + " strides [1]], expected=no tensors");
    }

    @Test
    void shouldPassOnExceptionsOfThePlacerAndStayUsable() {
        PackageEncoder encoder = new PackageEncoder();
        One one = new One(counted(ScalarType.Float, 4));
        assertThatThrownBy(() -> encoder.encode(one, (path, tensor, layout, unbounded) -> {
                    throw new IllegalStateException("no free slot");
                }))
                .hasMessage("no free slot");
        encoder.encode(one, store);
        assertThat(store.paths).containsExactly("value");
    }

    @Test
    void shouldFindTheTensorsOfAGraphWithTheEncodersPaths() {
        Tensor a = counted(ScalarType.Float, 1);
        Tensor b = counted(ScalarType.Float, 2);
        Tensor c = empty_strided(new long[] {2}, 2);
        Map<Object, Object> graph = new LinkedHashMap<>();
        graph.put("self", graph);
        graph.put("bag", new Bag(List.of(a, b, a), new Tensor[] {b}, Optional.of(new One(c))));
        graph.put("cannot cross", new Thread());
        graph.put("closed", List.of(new Object[0]));

        assertThat(TensorWalk.tensors(graph))
                .containsExactly(
                        new TensorWalk.Found("[bag].rows[0]", a, true),
                        new TensorWalk.Found("[bag].rows[1]", b, true),
                        new TensorWalk.Found("[bag].inner.get().value", c, false));
    }

    @Test
    void shouldCloseOnlyTensorsThatAreNotKept() {
        Tensor kept = counted(ScalarType.Float, 1);
        Tensor other = counted(ScalarType.Float, 2);
        TensorWalk.closeAllExcept(new Pair(kept, other), List.of(kept));
        assertThat(kept.isNull()).isFalse();
        assertThat(other.isNull()).isTrue();
        TensorWalk.closeAll(new Pair(kept, other));
        assertThat(kept.isNull()).isTrue();
    }
}
