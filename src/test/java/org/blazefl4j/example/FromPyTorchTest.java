package org.blazefl4j.example;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.torch.Elements.floats;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.blazefl4j.core.Device;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.data.Transform;
import org.blazefl4j.model.Model;
import org.blazefl4j.modelfile.StateDict;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.reproducibility.RandomStreams;
import org.blazefl4j.torch.FlatOptimizer;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.torch.StepRule;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.CrossEntropyLossOptions;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Slice;
import org.bytedeco.pytorch.SymInt;
import org.bytedeco.pytorch.SymIntOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorIndex;
import org.bytedeco.pytorch.TensorIndexVector;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java forms on {@code docs/from-pytorch.md} do what the page says; {@link DocsTest} compares them with it. */
final class FromPyTorchTest {

    // begin docs/from-pytorch.md
    static final class Net extends Model {

        private final LinearImpl fc = linear("fc", 4, 3);

        @Override
        public Tensor forward(Tensor x) {
            return fc.forward(x.flatten(1, -1)).relu();
        }
    }
    // end docs/from-pytorch.md

    @BeforeAll
    static void load() {
        LibTorch.load();
    }

    @Test
    void shouldMakeTensors() {
        try (PointerScope scope = new PointerScope()) {
            // begin docs/from-pytorch.md
            Tensor x = Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
            Tensor y = Tensors.of(new long[] {0, 2});
            Tensor zeros = torch.zeros(2, 3);
            Tensor counts = torch.zeros(new long[] {2, 3}, new TensorOptions(ScalarType.Long));
            Tensor sevens = torch.full(new long[] {2, 3}, new Scalar(7.0));
            Tensor steps = torch.arange(new Scalar(0), new Scalar(10), new Scalar(2));
            Tensor like = torch.zeros_like(x);
            Tensor doubles = x.to(ScalarType.Double);
            boolean single = x.scalar_type().intern() == ScalarType.Float;
            // end docs/from-pytorch.md
            assertThat(single).isTrue();
            assertThat(List.of(zeros, counts, sevens, like, doubles))
                    .allSatisfy(tensor -> assertThat(tensor.shape()).containsExactly(2, 3));
            assertThat(counts.scalar_type().intern()).isEqualTo(ScalarType.Long);
            assertThat(doubles.scalar_type().intern()).isEqualTo(ScalarType.Double);
            assertThat(steps.numel()).isEqualTo(5);
            assertThat(y.get(1).item_long()).isEqualTo(2);
        }
    }

    @Test
    void shouldComputeInAndOutOfPlace() {
        try (PointerScope scope = new PointerScope()) {
            Tensor x = torch.ones(2);
            Tensor g = torch.ones(2);
            // begin docs/from-pytorch.md
            Tensor scaled = x.mul(new Scalar(2.0)).add(new Scalar(1));
            Tensor moved = x.add(g, new Scalar(-0.1));
            x.add_(g, new Scalar(-0.1));
            x.copy_(moved);
            x.zero_();
            // end docs/from-pytorch.md
            assertThat(floats(scaled)).containsExactly(3f, 3f);
            assertThat(floats(moved)).containsExactly(0.9f, 0.9f);
            assertThat(floats(x)).containsExactly(0f, 0f);
            assertThat(x.add_(g))
                    .as("an in-place operation returns its receiver")
                    .isSameAs(x);
        }
    }

    @Test
    void shouldIndex() {
        try (PointerScope scope = new PointerScope()) {
            Tensor x = torch.arange(new Scalar(0.0), new Scalar(6.0)).view(2, 3);
            Tensor indices = Tensors.of(new long[] {1, 0});
            // begin docs/from-pytorch.md
            Tensor row = x.get(0);
            Tensor column = x.select(1, 2);
            Tensor middle = x.narrow(1, 1, 2);
            Tensor everySecond = x.slice(1, new LongOptional(0), new LongOptional(3), 2);
            Tensor picked = x.index_select(0, indices);
            Tensor positive = x.masked_select(x.gt(new Scalar(0)));
            x.select(1, 0).fill_(new Scalar(9));
            var none = new SymIntOptional();
            var fromOne = new Slice(new SymIntOptional(new SymInt(1)), none, none);
            Tensor last = x.index(new TensorIndexVector(new TensorIndex("..."), new TensorIndex(fromOne)));
            // end docs/from-pytorch.md
            assertThat(floats(row)).containsExactly(9f, 1f, 2f);
            assertThat(floats(column)).containsExactly(2f, 5f);
            assertThat(floats(middle)).containsExactly(1f, 2f, 4f, 5f);
            assertThat(floats(everySecond)).containsExactly(9f, 2f, 9f, 5f);
            assertThat(floats(picked)).containsExactly(3f, 4f, 5f, 0f, 1f, 2f);
            assertThat(floats(positive)).containsExactly(1f, 2f, 3f, 4f, 5f);
            assertThat(floats(last)).containsExactly(1f, 2f, 4f, 5f);
        }
    }

    @Test
    void shouldShapeAndReduce() {
        try (PointerScope scope = new PointerScope()) {
            Tensor x = torch.arange(new Scalar(0.0), new Scalar(6.0)).view(2, 3);
            // begin docs/from-pytorch.md
            long[] shape = x.shape();
            long rows = x.size(0);
            Tensor tall = x.reshape(-1, 2);
            Tensor flat = x.unsqueeze(0).flatten(1, -1);
            Tensor turned = x.permute(1, 0).contiguous();
            Tensor both = torch.cat(new TensorVector(x, x), 0);
            Tensor pile = torch.stack(new TensorVector(x, x));
            Tensor product = x.matmul(x.t());
            double mean = x.mean().item_double();
            Tensor sums = x.sum(1);
            Tensor best = x.argmax(new LongOptional(1), false);
            Tensor highest = x.max(1).get0();
            // end docs/from-pytorch.md
            assertThat(shape).containsExactly(2, 3);
            assertThat(rows).isEqualTo(2);
            assertThat(tall.shape()).containsExactly(3, 2);
            assertThat(flat.shape()).containsExactly(1, 6);
            assertThat(floats(turned)).containsExactly(0f, 3f, 1f, 4f, 2f, 5f);
            assertThat(both.shape()).containsExactly(4, 3);
            assertThat(pile.shape()).containsExactly(2, 2, 3);
            assertThat(floats(product)).containsExactly(5f, 14f, 14f, 50f);
            assertThat(mean).isEqualTo(2.5);
            assertThat(floats(sums)).containsExactly(3f, 12f);
            assertThat(best.get(1).item_long()).isEqualTo(2);
            assertThat(floats(highest)).containsExactly(2f, 5f);
        }
    }

    @Test
    void shouldReadAndPrintElements() {
        try (PointerScope scope = new PointerScope()) {
            Tensor x = torch.ones(2, 3);
            // begin docs/from-pytorch.md
            float first = x.get(0).get(0).item_float();
            float[] values = new float[(int) x.numel()];
            x.contiguous().data_ptr_float().get(values);
            String kind = Tensors.describe(x);
            torch.print(x);
            // end docs/from-pytorch.md
            assertThat(first).isEqualTo(1);
            assertThat(values).containsOnly(1);
            assertThat(kind).isEqualTo("float [2, 3]");
            assertThat(x.toString()).isEqualTo("CPUFloatType");
            Tensor doubles = x.to(ScalarType.Double);
            assertThatThrownBy(doubles::data_ptr_float).hasMessageContaining("expected scalar type Float");
            x.close();
            assertThatThrownBy(x::numel).isInstanceOf(NullPointerException.class);
        }
    }

    // begin docs/from-pytorch.md
    /** Returns the mean of squares; frees everything else. */
    static Tensor meanOfSquares(Tensor x) {
        try (PointerScope scope = new PointerScope()) {
            return x.square().mean().retainReference();
        }
    }
    // end docs/from-pytorch.md

    @Test
    void shouldReturnATensorFromAScope() {
        try (Tensor x = torch.full(new long[] {2}, new Scalar(3.0));
                Tensor mean = meanOfSquares(x)) {
            assertThat(mean.item_float()).isEqualTo(9);
        }
    }

    @Test
    void shouldDifferentiate() {
        try (PointerScope scope = new PointerScope()) {
            // begin docs/from-pytorch.md
            Tensor w = torch.ones(2).requires_grad_(true);
            w.square().sum().backward();
            Tensor gradient = w.grad();
            try (NoGradGuard guard = new NoGradGuard()) {
                w.sub_(gradient, new Scalar(0.5));
            }
            Tensor constant = w.detach();
            // end docs/from-pytorch.md
            assertThat(floats(gradient)).containsExactly(2f, 2f);
            assertThat(floats(constant)).containsExactly(0f, 0f);
            assertThat(w.requires_grad()).isTrue();
            assertThat(constant.requires_grad()).isFalse();
        }
    }

    @Test
    void shouldDraw() {
        try (PointerScope scope = new PointerScope()) {
            // begin docs/from-pytorch.md
            Generator generator = RandomStreams.generator(42, 7, 0, "noise");
            var from = new GeneratorOptional(generator);
            Tensor noise = torch.empty(3).normal_(0, 1, from);
            Tensor order = torch.randperm(10, from);
            Net net = DefaultGenerator.seeded(42, Net::new);
            // end docs/from-pytorch.md
            var again = new GeneratorOptional(RandomStreams.generator(42, 7, 0, "noise"));
            assertThat(floats(torch.empty(3).normal_(0, 1, again))).isEqualTo(floats(noise));
            assertThat(torch.randperm(10, again).equal(order)).isTrue();
            assertThat(DefaultGenerator.seeded(42, Net::new)
                            .parameters()
                            .get(0)
                            .equal(net.parameters().get(0)))
                    .isTrue();
        }
    }

    @Test
    void shouldMoveToADevice() {
        try (PointerScope scope = new PointerScope()) {
            Tensor x = torch.ones(2);
            String name = "cpu";
            // begin docs/from-pytorch.md
            Device device = Device.parse(name);
            Tensor there = x.to(device.toTorch(), x.scalar_type());
            Tensor back = there.cpu();
            // end docs/from-pytorch.md
            assertThat(back.equal(x)).isTrue();
        }
    }

    @Test
    void shouldComputeLosses() {
        try (PointerScope scope = new PointerScope()) {
            Tensor logits = torch.zeros(2, 4);
            Tensor labels = Tensors.of(new long[] {0, 3});
            Tensor target = torch.ones(2, 4);
            // begin docs/from-pytorch.md
            Tensor loss = torch.cross_entropy(logits, labels);
            var smooth = new CrossEntropyLossOptions();
            smooth.label_smoothing().put(0.1);
            Tensor smoothed = torch.cross_entropy(logits, labels, smooth);
            Tensor squared = torch.mse_loss(logits, target);
            Tensor likelihood = torch.nll_loss(torch.log_softmax(logits, 1), labels);
            Tensor binary = torch.binary_cross_entropy_with_logits(logits, target);
            // end docs/from-pytorch.md
            float uniform = (float) Math.log(4);
            assertThat(loss.item_float()).isEqualTo(uniform);
            assertThat(smoothed.item_float()).isEqualTo(uniform);
            assertThat(likelihood.item_float()).isEqualTo(uniform);
            assertThat(squared.item_float()).isEqualTo(1);
            assertThat(binary.item_float()).isEqualTo((float) Math.log(2));
        }
    }

    @Test
    void shouldTrain() {
        try (PointerScope scope = new PointerScope();
                Net model = DefaultGenerator.seeded(1, Net::new)) {
            Tensor x = torch.ones(6, 4);
            Tensor y = Tensors.of(new long[] {0, 1, 2, 0, 1, 2});
            Generator generator = RandomStreams.generator(1, 0, 0, "shuffle");
            Tensor before = model.parameters().get(0).detach().clone();
            // begin docs/from-pytorch.md
            var loader = new DataLoader(new TensorDataset(x, y, Transform.toFloat(1)), 4, true, generator);
            model.train();
            try (var parameters = FlatParameters.of(model);
                    Tensor flat = parameters.flatten();
                    var optimizer = new FlatOptimizer(parameters)) {
                parameters.bind(flat);
                optimizer.reset(StepRule.sgd().withMomentum(0.9), 10);
                for (Batch batch : loader) {
                    try (PointerScope step = new PointerScope();
                            batch) {
                        parameters.zeroGradients();
                        torch.cross_entropy(model.forward(batch.x()), batch.y()).backward();
                        optimizer.step(0.1);
                    }
                }
                parameters.unbind();
            }
            // end docs/from-pytorch.md
            assertThat(loader.batches()).isEqualTo(2);
            assertThat(model.parameters().get(0).equal(before)).isFalse();
        }
    }

    @Test
    void shouldSaveAndLoad(@TempDir Path folder) {
        try (PointerScope scope = new PointerScope();
                Net model = DefaultGenerator.seeded(1, Net::new);
                Net other = DefaultGenerator.seeded(2, Net::new)) {
            Path file = folder.resolve("model.pt");
            // begin docs/from-pytorch.md
            try (StateDict state = StateDict.of(model)) {
                state.write(file);
            }
            try (StateDict state = StateDict.read(file)) {
                state.loadInto(other);
            }
            try (var parameters = FlatParameters.of(model);
                    Tensor flat = parameters.flatten()) {
                Map<String, Tensor> named = parameters.tensors();
                named.forEach((name, tensor) -> System.out.println(name + " " + Tensors.describe(tensor)));
                parameters.load(flat.mul(new Scalar(0.5)));
            }
            // end docs/from-pytorch.md
            Tensor halved = model.parameters().get(0);
            assertThat(other.parameters().get(0).mul(new Scalar(0.5)).equal(halved))
                    .isTrue();
        }
    }
}
