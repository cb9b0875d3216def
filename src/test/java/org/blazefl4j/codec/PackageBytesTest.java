package org.blazefl4j.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.statistics.Statistics;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Packages with their tensors' elements come back as they were; damaged ones are refused. */
class PackageBytesTest {

    record State(int count, Tensor weights, Tensor image, List<String> names) {}

    record Two(Tensor left, Tensor right) {}

    private PointerScope scope;

    @BeforeEach
    void open() {
        scope = new PointerScope();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    @Provide
    Arbitrary<GraphRecipe> recipes() {
        return GraphRecipe.any();
    }

    @Property(tries = 500)
    @SuppressWarnings("try")
    void shouldRestoreEveryPackageThatCanCross(@ForAll("recipes") GraphRecipe recipe) {
        try (PointerScope local = new PointerScope()) {
            List<Object> pool = recipe.build();
            Assume.that(!CodecPropertiesTest.isRefused(pool));
            Object root = pool.get(pool.size() - 1);
            Tensor bytes = PackageBytes.encode(root);
            CodecPropertiesTest.assertSameGraph(root, decode(bytes));
            assertThat(Tensors.sha256(PackageBytes.encode(root)))
                    .as("the same graph gives the same bytes")
                    .isEqualTo(Tensors.sha256(bytes));
        }
    }

    @Property(tries = 1000)
    @SuppressWarnings("try")
    void shouldRefuseBytesWithOneChangedBit(
            @ForAll @IntRange(min = 0, max = 1 << 20) int place, @ForAll @IntRange(min = 0, max = 7) int bit) {
        try (PointerScope local = new PointerScope()) {
            Tensor bytes = PackageBytes.encode(state());
            ByteBuffer memory = memory(bytes);
            int at = place % memory.limit();
            memory.put(at, (byte) (memory.get(at) ^ 1 << bit));
            assertThatThrownBy(() -> decode(bytes))
                    .isInstanceOf(PackageFormatException.class)
                    .hasMessageMatching("(?s).*(limit|expected)=.*");
        }
    }

    @Property(tries = 2000)
    @SuppressWarnings("try")
    void shouldDecodeOrRefuseAnyBytesWithValidChecksums(
            @ForAll @IntRange(min = 0, max = 1 << 20) int place, @ForAll byte value) {
        try (PointerScope local = new PointerScope()) {
            Tensor bytes = PackageBytes.encode(state());
            ByteBuffer memory = memory(bytes);
            int first = 8;
            int messageEnd = 64 + memory.getInt(16);
            memory.put(first + place % (messageEnd - first), value);
            seal(bytes);
            try {
                decode(bytes);
            } catch (PackageFormatException refused) {
                Statistics.collect("refused");
                return;
            }
            Statistics.collect("taken");
        }
    }

    @Property(tries = 300)
    @SuppressWarnings("try")
    void shouldRefuseTruncatedBytes(@ForAll @IntRange(min = 0, max = 1 << 20) int length) {
        try (PointerScope local = new PointerScope()) {
            Tensor bytes = PackageBytes.encode(state());
            Tensor cut = bytes.narrow(0, 0, length % bytes.numel());
            assertThatThrownBy(() -> decode(cut)).isInstanceOf(PackageFormatException.class);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ScalarType.class,
            names = {
                "Bool",
                "Byte",
                "Char",
                "Short",
                "UInt16",
                "Half",
                "BFloat16",
                "Int",
                "UInt32",
                "Float",
                "Long",
                "UInt64",
                "Double",
                "ComplexHalf",
                "ComplexFloat",
                "ComplexDouble",
                "Float8_e5m2",
                "Float8_e4m3fn"
            })
    void shouldKeepEveryBitOfEachType(ScalarType type) {
        int elementBytes = ElementTypes.bytes(type);
        byte[] pattern = new byte[16 * elementBytes];
        for (int i = 0; i < pattern.length; i++) {
            pattern[i] = (byte) (type == ScalarType.Bool ? i % 2 : 255 - i);
        }
        Tensor sent = Tensors.of(pattern).view(type);
        Two arrived = (Two) decode(PackageBytes.encode(new Two(Tensors.of(new byte[] {1}), sent)));
        assertThat(arrived.right().scalar_type().intern()).isEqualTo(type);
        assertThat(memory(arrived.right().view(ScalarType.Byte))).isEqualTo(ByteBuffer.wrap(pattern));
    }

    @Test
    void shouldKeepStridesAndEncodeOnlyAViewsElements() {
        Tensor image = torch.arange(new Scalar(2 * 3 * 4 * 5))
                .view(2, 3, 4, 5)
                .to(
                        new TensorOptions(ScalarType.Float),
                        false,
                        false,
                        new org.bytedeco.pytorch.MemoryFormatOptional(MemoryFormat.ChannelsLast));
        Tensor column = torch.arange(new Scalar(1 << 16)).view(1 << 8, 1 << 8).narrow(1, 3, 1);
        Tensor bytes = PackageBytes.encode(new Two(image, column));
        Two arrived = (Two) decode(bytes);
        assertThat(arrived.left().equal(image)).isTrue();
        assertThat(arrived.left().is_contiguous(MemoryFormat.ChannelsLast)).isTrue();
        assertThat(arrived.right().equal(column)).isTrue();
        assertThat(bytes.numel()).isLessThan((1 << 8) * 8 + 2 * 3 * 4 * 5 * 4 + 1000);
    }

    @Test
    void shouldReturnTensorsThatShareNoMemoryWithTheBytes() {
        Tensor weights = torch.ones(5);
        Tensor bytes = PackageBytes.encode(new Two(weights, weights));
        weights.fill_(new Scalar(7));
        Two first = (Two) decode(bytes);
        assertThat(first.left()).as("a repeated object arrives as one").isSameAs(first.right());
        first.left().fill_(new Scalar(3));
        Two second = (Two) decode(bytes);
        assertThat(second.left().equal(torch.ones(5))).isTrue();
    }

    @Test
    void shouldEncodeParametersThatRequireGradients() {
        Tensor weights = torch.ones(5).requires_grad_(true);
        Two arrived = (Two) decode(PackageBytes.encode(new Two(weights, weights.mul(new Scalar(2)))));
        assertThat(arrived.left().equal(torch.ones(5))).isTrue();
        assertThat(arrived.right().requires_grad()).isFalse();
        assertThat(arrived.right().equal(torch.full(new long[] {5}, new Scalar(2f))))
                .isTrue();
    }

    @Test
    void shouldNameValuesThatCannotBeEncoded() {
        assertThatThrownBy(() -> PackageBytes.encode(List.of(new Thread())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cannot cross: path=[0], type=java.lang.Thread");
    }

    @Test
    void shouldExplainDamagedBytes() {
        assertThatThrownBy(() -> decode(torch.ones(100)))
                .hasMessage("no package: type=another tensor, expected=contiguous uint8 of one dimension on the CPU");
        assertThatThrownBy(() -> decode(ByteTensors.empty(3))).hasMessage("no package: bytes=3, limit=64 or more");
        Tensor bytes = PackageBytes.encode("text");
        long length = bytes.numel();
        assertThatThrownBy(() -> decode(bytes.narrow(0, 0, length - 1)))
                .hasMessage("package damaged: bytes=" + (length - 1) + ", expected=" + length + " bytes");
        memory(bytes).put(70, (byte) 1);
        assertThatThrownBy(() -> decode(bytes))
                .hasMessageContaining("package damaged: bytes=" + length + ", checksum=");
        memory(bytes).put(3, (byte) 2);
        assertThatThrownBy(() -> decode(bytes))
                .hasMessage("no package: format=2424642, expected=1424642; read it with the version of the library that"
                        + " wrote it");
    }

    @Test
    void shouldRefuseClosedTensors() {
        Tensor bytes = PackageBytes.encode("text");
        bytes.close();
        assertThatThrownBy(() -> decode(bytes)).isInstanceOf(PackageFormatException.class);
    }

    private static State state() {
        Tensor weights = torch.arange(new Scalar(100)).to(ScalarType.Float);
        return new State(3, weights, weights.view(10, 10).t(), List.of("a", "b"));
    }

    private Object decode(Tensor bytes) {
        return PackageBytes.decode(bytes, getClass().getClassLoader(), null);
    }

    private static ByteBuffer memory(Tensor bytes) {
        return ByteTensors.buffer(bytes, 0, bytes.numel());
    }

    /** Corrects both checksums, of the message and of the whole. */
    private static void seal(Tensor bytes) {
        ByteBuffer memory = memory(bytes);
        int messageBytes = memory.getInt(16);
        if (messageBytes > 8 && messageBytes <= memory.limit() - 64) {
            byte[] message = new byte[messageBytes];
            memory.get(64, message);
            Message.seal(message, 0, messageBytes);
            memory.put(64, message);
        }
        memory.putInt(4, ByteTensors.checksum(bytes, 8));
    }
}
